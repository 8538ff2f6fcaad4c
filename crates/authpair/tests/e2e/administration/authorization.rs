//! Who may call the routes of administrators, which changes are refused, and the audit entries of both.

use std::time::Duration;

use authpair_testkit::{Answer, Session, TestPair, eventually};
use serde_json::{Value, json};

use super::{administrator, call, patch, path_of};
use crate::{
    on_both,
    support::{command_line::done, oauth::Account},
};

/// Every route, for the user of this id.
fn routes(id: &str) -> Vec<(&'static str, String)> {
    let user = path_of(id);
    vec![
        ("GET", "/api/admin/users".to_owned()),
        ("POST", "/api/admin/users".to_owned()),
        ("GET", user.clone()),
        ("PATCH", user.clone()),
        ("DELETE", user.clone()),
        ("GET", format!("{user}/sessions")),
        ("DELETE", format!("{user}/sessions")),
        ("DELETE", format!("{user}/sessions/{id}")),
        ("POST", format!("{user}/unblock")),
        ("POST", format!("{user}/password-reset")),
        ("GET", "/api/admin/audit".to_owned()),
    ]
}

async fn refused_everywhere(pair: &TestPair, id: &str, token: &str, status: u16, code: &str) {
    for (method, path) in routes(id) {
        let mut call = pair.auth_call(method, &path);
        if !token.is_empty() {
            call = call.bearer_auth(token);
        }
        if method == "POST" || method == "PATCH" {
            call = call.json(&json!({}));
        }
        let answer = Answer::of(call).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{method} {path}");
    }
}

#[on_both]
async fn without_the_scope_a_fresh_token_or_a_current_one_every_route_refuses(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (ana, session) = pair.new_user("ana").await;
    refused_everywhere(&pair, &ana.id, "", 401, "authorization_header").await;
    refused_everywhere(&pair, &ana.id, &session.access, 403, "insufficient_scope").await;
    let account = Account::create(&pair, "users:read users:email").token(&pair).await;
    refused_everywhere(&pair, &ana.id, &account, 403, "insufficient_scope").await;
    let refreshed = Session::of(&pair.refresh(&admin.refresh).await.ok(200));
    refused_everywhere(&pair, &ana.id, &refreshed.access, 401, "fresh_token_required").await;
    let fresh = pair.login("chief").await;
    pair.clock.advance(Duration::from_secs(301));
    refused_everywhere(&pair, &ana.id, &fresh.access, 401, "fresh_token_required").await;
    // A user who lost the scope is no administrator any more, at once.
    let fresh = pair.login("chief").await;
    done(&pair, &["create", "second", "second@example.org", "--admin", "--no-password"]);
    done(&pair, &["scopes", "chief", "users:read"]);
    refused_everywhere(&pair, &ana.id, &fresh.access, 401, "token_stale").await;
    pair.me(&pair.login("ana").await.access).await.ok(200);
}

#[on_both]
async fn an_administrator_cannot_grant_a_scope_that_they_lack(mut pair: TestPair) {
    pair.set("AUTH_SCOPES", "reports:read");
    pair.halt().await;
    pair.resume().await;
    pair.register("chief").await;
    done(&pair, &["scopes", "chief", "users:read users:admin"]);
    let admin = pair.login("chief").await;
    let ana = pair.register("ana").await;
    done(&pair, &["scopes", "ana", "users:read users:email"]);
    for scope in ["users:read reports:read", "reports:read users:admin"] {
        let refused = patch(&pair, &admin.access, &ana.id, &json!({ "scope": scope })).await;
        let refused = refused.expect(403, "insufficient_scope");
        let challenge = refused.header("www-authenticate");
        assert!(challenge.contains("scope=\"reports:read\""), "{challenge}");
        let body = json!({ "username": "bob", "email": "bob@example.org", "scope": scope });
        let refused = pair.send("POST", "/api/admin/users", &admin.access, &body).await;
        refused.expect(403, "insufficient_scope");
    }
    // Not to themselves either. A scope that does not exist cannot be granted at all.
    let own = pair.me(&admin.access).await.ok(200).string("id");
    let more = json!({ "scope": "users:read users:admin users:email" });
    patch(&pair, &admin.access, &own, &more).await.expect(403, "insufficient_scope");
    let unknown = json!({ "scope": "users:read users:raed" });
    let unknown = patch(&pair, &admin.access, &ana.id, &unknown).await;
    unknown.expect(403, "insufficient_scope");
    // Who sets a user's address could get the mail that resets the password, and so the user's scopes.
    let address = json!({ "email": "mine@example.org" });
    patch(&pair, &admin.access, &ana.id, &address).await.expect(403, "insufficient_scope");
    // A scope that the user already has may stay, and may be taken away.
    let keep = json!({ "scope": "users:email users:admin" });
    patch(&pair, &admin.access, &ana.id, &keep).await.ok(200);
    let cut = patch(&pair, &admin.access, &ana.id, &json!({ "scope": "" })).await.ok(200);
    assert_eq!(cut.string("scope"), "");
    patch(&pair, &admin.access, &ana.id, &address).await.ok(200);
    refused_calls_are_audited(&pair, &admin, &ana.id, "scope_not_held", 4).await;
}

#[on_both]
async fn each_refused_change_has_its_entry_with_the_reason(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (ana, _) = (pair.register("ana").await, pair.register("bob").await);
    let unknown = json!({ "scope": "users:read users:admin users:raed" });
    let taken = json!({ "email": "bob@example.com" });
    // The administrator does not have a scope that does not exist.
    patch(&pair, &admin.access, &ana.id, &unknown).await.expect(403, "insufficient_scope");
    patch(&pair, &admin.access, &ana.id, &taken).await.expect(409, "user_exists");
    for method in ["PATCH", "DELETE"] {
        let call = pair.auth_call(method, &path_of(&ana.id)).bearer_auth(&admin.access);
        let call = call.header("if-match", "\"another\"").json(&json!({ "username": "anna" }));
        Answer::of(call).await.expect(412, "precondition_failed");
    }
    refused_calls_are_audited(&pair, &admin, &ana.id, "scope_not_held", 1).await;
    refused_calls_are_audited(&pair, &admin, &ana.id, "user_exists", 1).await;
    refused_calls_are_audited(&pair, &admin, &ana.id, "precondition_failed", 2).await;
    let body = json!({ "username": "eve", "email": "bob@example.com" });
    let made = pair.send("POST", "/api/admin/users", &admin.access, &body).await;
    made.expect(409, "user_exists");
    let path = "/api/admin/audit?event=admin.refused&outcome=refused&per_page=1";
    eventually("the refusal is not audited", async || {
        let answer = call(&pair, "GET", path, &admin.access).await.ok(200);
        let entry = &answer.body["entries"][0];
        entry["reason"] == "user_exists" && entry["subject"].is_null()
    })
    .await;
}

#[on_both]
async fn each_change_has_its_entry_with_the_administrator_as_actor(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (ana, _) = pair.new_user("ana").await;
    let own = pair.me(&admin.access).await.ok(200).string("id");
    for change in [
        json!({ "username": "anna" }),
        json!({ "email": "anna@example.org" }),
        json!({ "scope": "users:email" }),
        json!({ "ext": { "secret": "value" } }),
        json!({ "disabled": { "reason": "a secret reason" } }),
        json!({ "disabled": null }),
        json!({}),
    ] {
        patch(&pair, &admin.access, &ana.id, &change).await.ok(200);
    }
    pair.post("/api/auth/login", &json!({ "username": "anna", "password": "wrong one" })).await;
    pair.login("anna").await;
    let sessions = format!("{}/sessions", path_of(&ana.id));
    call(&pair, "DELETE", &sessions, &admin.access).await.ok(200);
    call(&pair, "DELETE", &path_of(&ana.id), &admin.access).await.ok(204);
    let path = format!("/api/admin/audit?per_page=100&subject={}&actor={own}", ana.id);
    let answer = call(&pair, "GET", &path, &admin.access).await.ok(200);
    let entries = answer.body["entries"].as_array().unwrap();
    let events: Vec<_> =
        entries.iter().rev().map(|entry| entry["event"].as_str().unwrap()).collect();
    let expected = [
        "user.renamed",
        "email.changed",
        "admin.scopes_changed",
        "admin.ext_changed",
        "user.disabled",
        "user.enabled",
        "session.ended",
        "user.deleted",
    ];
    assert_eq!(events, expected);
    for text in ["secret", "anna", "value"] {
        assert!(!answer.text.contains(text), "{text}: {}", answer.text);
    }
}

#[on_both]
async fn a_call_without_the_scope_is_audited(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (ana, session) = pair.new_user("ana").await;
    call(&pair, "GET", "/api/admin/users", &session.access).await.expect(403, "insufficient_scope");
    let path = format!("/api/admin/audit?event=admin.refused&actor={}", ana.id);
    let entry = eventually("the refusal is not audited", async || {
        let answer = call(&pair, "GET", &path, &admin.access).await.ok(200);
        answer.body["entries"].get(0).cloned()
    })
    .await;
    assert_eq!(
        (&entry["outcome"], &entry["reason"]),
        (&json!("refused"), &json!("insufficient_scope"))
    );
}

pub(super) async fn refused_calls_are_audited(
    pair: &TestPair,
    admin: &Session,
    subject: &str,
    reason: &str,
    count: usize,
) {
    let path = format!("/api/admin/audit?event=admin.refused&subject={subject}");
    eventually("the refused calls are not audited", async || {
        let answer = call(pair, "GET", &path, &admin.access).await.ok(200);
        let entries = answer.body["entries"].as_array().unwrap();
        let has_reason = |entry: &&Value| entry["reason"] == reason;
        entries.iter().filter(has_reason).count() == count
    })
    .await;
}
