//! Each change has its entry, in the same transaction.

use authpair_testkit::{Answer, PASSWORD, Session, TestPair};
use serde_json::{Value, json};

use super::{accept_entries, administrator, entries, events, refuse_entries};
use crate::{
    on_both,
    support::{
        command_line::{done, run},
        oauth::{Account, clients},
    },
};

/// A call with a request id of its own, by which its entry is found.
async fn call(
    pair: &TestPair,
    id: &str,
    method: &str,
    path: &str,
    token: &str,
    body: &Value,
) -> Answer {
    let call = pair.auth_call(method, path).header("x-request-id", id).json(body);
    let call = if token.is_empty() { call } else { call.bearer_auth(token) };
    Answer::of(call.header("user-agent", "tests/1.0")).await
}

#[on_both]
async fn each_change_of_an_account_has_an_entry_with_actor_subject_address_and_request_id(
    pair: TestPair,
) {
    let admin = administrator(&pair).await;
    let (ana, first) = pair.new_user("ana").await;
    let other = pair.login("ana").await;
    let password = json!({ "password": PASSWORD });
    call(&pair, "again", "POST", "/api/auth/reauthenticate", &first.access, &password)
        .await
        .ok(200);
    let name = json!({ "username": "anna" });
    call(&pair, "name", "PATCH", "/api/auth/me", &first.access, &name).await.ok(200);
    let email = json!({ "email": "anna@example.com", "current_password": PASSWORD });
    call(&pair, "address", "PATCH", "/api/auth/me", &first.access, &email).await.ok(200);
    let path = format!("/api/auth/sessions/{}", other.id);
    call(&pair, "session", "DELETE", &path, &first.access, &json!({})).await.ok(204);
    let change = json!({ "current_password": PASSWORD, "new_password": "another good password" });
    let changed =
        call(&pair, "password", "PUT", "/api/auth/password", &first.access, &change).await;
    let second = Session::of(&changed.ok(200));
    call(&pair, "everywhere", "POST", "/api/auth/logout-all", &second.access, &json!({}))
        .await
        .ok(200);
    let login = json!({ "username": "anna", "password": "another good password" });
    let third =
        Session::of(&call(&pair, "login", "POST", "/api/auth/login", "", &login).await.ok(200));
    call(&pair, "gone", "DELETE", "/api/auth/me", &third.access, &json!({})).await.ok(204);

    let found = entries(&pair, &admin, &format!("subject={}", ana.id)).await;
    let shown: Vec<_> = found
        .iter()
        .rev()
        .map(|entry| {
            (
                entry["event"].as_str().unwrap(),
                entry["reason"].as_str(),
                entry["request_id"].as_str().unwrap(),
            )
        })
        .collect();
    let ids: Vec<_> = shown[..3].iter().map(|(_, _, id)| *id).collect();
    let expected = [
        ("user.registered", None, ids[0]),
        ("user.login", None, ids[1]),
        ("user.login", None, ids[2]),
        ("session.reauthenticated", None, "again"),
        ("user.renamed", None, "name"),
        ("email.changed", None, "address"),
        ("session.ended", Some("by_owner"), "session"),
        ("password.changed", None, "password"),
        ("user.logout", Some("everywhere"), "everywhere"),
        ("user.login", None, "login"),
        ("user.deleted", None, "gone"),
    ];
    assert_eq!(shown, expected);
    for entry in &found {
        let actor = if entry["event"] == "user.registered" { "anonymous" } else { "user" };
        assert_eq!(entry["actor"]["type"], actor, "{entry}");
        assert_eq!(
            (&entry["ip"], &entry["outcome"]),
            (&json!("127.0.0.1"), &json!("success")),
            "{entry}"
        );
        assert_eq!(entry["subject"], json!({ "type": "user", "id": ana.id }));
    }
    assert_eq!(found[1]["amr"], json!(["pwd"]));
    assert_eq!(found[1]["session_id"], third.id.as_str());
    assert_eq!(found[1]["user_agent"], "tests/1.0");
    assert_eq!(found[3]["details"], json!({ "sessions": 1, "new_session": second.id }));
    assert_eq!(found[4]["session_id"], other.id.as_str());
}

#[on_both]
async fn what_an_operator_changes_has_an_entry_by_the_operator(pair: TestPair) {
    let ana = pair.register("ana").await;
    pair.login("ana").await;
    done(&pair, &["scopes", "ana", "users:read users:email"]);
    done(&pair, &["scopes", "ana", "users:read users:email"]);
    done(&pair, &["scopes", "--all", "--add", "users:admin"]);
    let admin = pair.login("ana").await;
    let bob = pair.register("bob").await;
    pair.login("bob").await;
    assert!(run(&pair, &["sessions", "end", "bob"], "").status.success());
    done(&pair, &["disable", "bob"]);
    done(&pair, &["enable", "bob"]);
    let account = Account::create(&pair, "users:read");
    for command in
        [["rotate", &account.id], ["retire-secret", &account.id], ["disable", &account.id]]
    {
        assert!(clients(&pair, &command).status.success(), "{command:?}");
    }
    assert!(run(&pair, &["keys", "rotate"], "").status.success());

    let found = entries(&pair, &admin, "actor=operator").await;
    let expected = [
        "key.created",
        "client.disabled",
        "client.secret_retired",
        "client.secret_rotated",
        "client.created",
        "user.enabled",
        "user.disabled",
        "session.ended",
        "admin.scopes_changed",
        "admin.scopes_changed",
    ];
    assert_eq!(events(&found), expected, "a change that changes nothing has none");
    assert_eq!(
        found[9]["details"],
        json!({ "before": "users:read", "after": "users:read users:email" })
    );
    assert_eq!(found[5]["subject"]["id"], bob.id.as_str());
    assert_eq!(found[9]["subject"]["id"], ana.id.as_str());
    assert_eq!(
        (&found[7]["reason"], &found[7]["details"]),
        (&json!("operator"), &json!({ "sessions": 1 }))
    );
    assert_eq!(found[1]["subject"], json!({ "type": "client", "id": account.id }));
    assert_eq!(found[0]["actor"], json!({ "type": "operator", "id": null }));
}

#[on_both]
async fn a_reused_refresh_token_and_a_session_ended_by_a_service_account_have_entries(
    pair: TestPair,
) {
    let admin = administrator(&pair).await;
    let (ana, session) = pair.new_user("ana").await;
    let second = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    Session::of(&pair.refresh(&second.refresh).await.ok(200));
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    let query = format!("subject={}", ana.id);
    let found = entries(&pair, &admin, &query).await;
    let expected = ["session.ended", "token.reuse_detected", "user.login", "user.registered"];
    assert_eq!(events(&found), expected, "a refresh has none");
    assert_eq!((&found[1]["outcome"], &found[0]["reason"]), (&json!("refused"), &json!("reuse")));

    let account = Account::create(&pair, "users:admin");
    let session = pair.login("ana").await;
    account.revoke(&pair, &session.refresh).await.ok(200);
    let found = entries(&pair, &admin, &format!("actor={}", account.id)).await;
    assert_eq!(events(&found), ["session.ended"]);
    assert_eq!(found[0]["subject"]["id"], ana.id.as_str());
    assert_eq!(found[0]["client_id"], account.id.as_str());
}

#[on_both]
async fn a_change_whose_entry_cannot_be_written_is_not_made(pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    refuse_entries(&pair).await;
    let body = json!({ "username": "bob", "email": "bob@example.com", "password": PASSWORD });
    let login = json!({ "username": "ana", "password": PASSWORD });
    let name = json!({ "username": "anna" });
    let password = json!({ "current_password": PASSWORD, "new_password": "another good password" });
    for (method, path, body) in [
        ("POST", "/api/auth/register", &body),
        ("POST", "/api/auth/login", &login),
        ("PATCH", "/api/auth/me", &name),
        ("PUT", "/api/auth/password", &password),
        ("POST", "/api/auth/logout", &json!({})),
        ("POST", "/api/auth/logout-all", &json!({})),
        ("DELETE", "/api/auth/me", &json!({})),
    ] {
        let answer = pair.send(method, path, &session.access, body).await;
        assert!(answer.status >= 500, "{method} {path}: {}", answer.text);
    }
    for command in [vec!["disable", "ana"], vec!["scopes", "ana", "users:email"]] {
        assert!(
            !run(&pair, &[&["users"], command.as_slice()].concat(), "").status.success(),
            "{command:?}"
        );
    }
    accept_entries(&pair).await;
    // Name, password, scopes and the one session are as they were, and there is no other user.
    let me = pair.me(&session.access).await.ok(200);
    assert_eq!((&me.body["username"], &me.body["scope"]), (&json!("ana"), &json!("users:read")));
    assert_eq!(crate::support::sessions::listed(&pair, &session.access).await, [session.id]);
    pair.register("bob").await;
    pair.login("ana").await;
    assert_eq!(ana.id, me.string("id"));
}
