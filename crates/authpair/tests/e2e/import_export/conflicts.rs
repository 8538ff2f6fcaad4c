//! Users who are already there: what an import changes of them, and what it keeps.

use authpair_testkit::{Answer, PASSWORD, Session, TestPair};
use serde_json::{Value, json};

use super::support::{file, imported, stored};
use crate::{
    on_both,
    support::{
        command_line::done,
        passwords::{reset, try_login},
        sessions::stale_at_users_api,
    },
};

fn rows(pair: &TestPair, rows: &[Value]) {
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    file(pair, "users.jsonl", &lines.join("\n"));
}

fn user(id: &str, name: &str, password: &str) -> Value {
    json!({
        "id": id, "username": name, "email": format!("{name}@example.com"),
        "password_hash": format!("plain$${password}"),
    })
}

const UPDATE: [&str; 3] = ["--apply", "--on-conflict", "update"];

#[on_both]
async fn users_who_are_there_already_are_skipped_unless_they_are_to_be_updated(pair: TestPair) {
    rows(&pair, &[user("1", "ana", PASSWORD), user("2", "bob", PASSWORD)]);
    imported(&pair, "users.jsonl", &["--apply"], 0);
    let before = stored(&pair, "ana").await;
    rows(&pair, &[user("1", "anna", "another horse"), user("2", "bob", PASSWORD)]);
    let text = imported(&pair, "users.jsonl", &["--apply"], 0);
    assert!(text.contains("0 new, 0 changed, 1 unchanged, 1 there already"), "{text}");
    assert_eq!(stored(&pair, "ana").await.password_hash, before.password_hash);
    let text = imported(&pair, "users.jsonl", &["--apply", "--on-conflict", "fail"], 1);
    assert!(text.contains("line 1, column 1: the user is there already, and differs"), "{text}");
    let text = imported(&pair, "users.jsonl", &UPDATE, 0);
    assert!(text.contains("0 new, 1 changed, 1 unchanged"), "{text}");
    let after = stored(&pair, "anna").await;
    assert_eq!((&after.id, after.email.as_str()), (&before.id, "anna@example.com"));
    try_login(&pair, "anna", "another horse").await.ok(200);
    let text = imported(&pair, "users.jsonl", &UPDATE, 0);
    assert!(text.contains("0 changed, 2 unchanged"), "{text}");
}

#[on_both]
async fn an_update_leaves_what_changed_here_since_the_import(pair: TestPair) {
    rows(&pair, &[user("1", "ana", PASSWORD), user("2", "bob", PASSWORD)]);
    imported(&pair, "users.jsonl", &["--apply"], 0);
    // Ana logs in, and changes her name.
    let answer = try_login(&pair, "ana", PASSWORD).await.ok(200);
    let session = Session::of(&answer);
    let token = session.access.clone();
    pair.send("PATCH", "/api/auth/me", &token, &json!({ "username": "annie" })).await.ok(200);
    let before = stored(&pair, "annie").await;
    let mut changed = user("1", "ana2", "another horse");
    changed["disabled"] = json!(true);
    changed["scope"] = json!("users:read users:email");
    let mut disabled = user("2", "bob", PASSWORD);
    disabled["disabled"] = json!(true);
    rows(&pair, &[changed, disabled]);
    let text = imported(&pair, "users.jsonl", &UPDATE, 0);
    assert!(text.contains("2 changed"), "{text}");
    let after = stored(&pair, "annie").await;
    assert_eq!(after.password_hash, before.password_hash);
    assert!(after.disabled_at.is_none());
    assert_eq!(after.scope, "users:read users:email");
    // Her address was not changed here, so the old system's counts.
    assert_eq!(after.email, "ana2@example.com");
    // Her tokens have the new scopes from the next refresh on, and the old ones are out of date.
    stale_at_users_api(&pair, &token).await;
    let refreshed = pair.refresh(&session.refresh).await.ok(200);
    assert_eq!(refreshed.string("scope"), after.scope);
    let access = Session::of(&refreshed).access;
    let call = pair.auth_call("GET", "/api/auth/activity").bearer_auth(&access);
    let activity = Answer::of(call).await.ok(200);
    for event in ["user.imported", "admin.scopes_changed", "email.changed"] {
        assert!(activity.text.contains(event), "{event}: {}", activity.text);
    }
    try_login(&pair, "annie", PASSWORD).await.ok(200);
    try_login(&pair, "bob", PASSWORD).await.expect(401, "invalid_credentials");
    let text = imported(&pair, "users.jsonl", &UPDATE, 0);
    assert!(text.contains("2 unchanged"), "{text}");
}

#[on_both]
async fn an_import_that_disables_a_user_or_replaces_the_password_ends_the_users_links(
    pair: TestPair,
) {
    rows(&pair, &[user("1", "ana", PASSWORD), user("2", "bob", PASSWORD)]);
    imported(&pair, "users.jsonl", &["--apply"], 0);
    let links = ["ana", "bob"].map(|name| done(&pair, &["password-reset", name]));
    rows(&pair, &[user("2", "bob", "another horse")]);
    let text = imported(&pair, "users.jsonl", &UPDATE, 0);
    assert!(text.contains("1 changed"), "{text}");
    for disabled in [true, false] {
        let mut row = user("1", "ana", PASSWORD);
        row["disabled"] = json!(disabled);
        rows(&pair, &[row]);
        let text = imported(&pair, "users.jsonl", &UPDATE, 0);
        assert!(text.contains("1 changed"), "{text}");
    }
    for link in links {
        let (_, token) = link.trim_end().split_once("#token=").unwrap();
        reset(&pair, token, "a whole new horse").await.expect(400, "link_invalid");
    }
    try_login(&pair, "ana", PASSWORD).await.ok(200);
    try_login(&pair, "bob", "another horse").await.ok(200);
}

#[on_both]
async fn an_account_that_was_registered_here_is_never_taken_over(pair: TestPair) {
    let (ana, _) = pair.new_user("ana").await;
    let before = stored(&pair, "ana").await;
    rows(
        &pair,
        &[
            user("1", "ana", "another horse"),
            json!({ "id": "2", "username": "ana", "email": "other@example.com" }),
            json!({ "id": "3", "username": "аna", "email": "third@example.com" }),
            json!({
                "id": ana.id, "username": "ana", "email": "ana@example.com", "password_hash": "!",
                "scope": "users:read users:email",
            }),
            json!({ "email": "ana@example.com", "scope": "users:read users:admin" }),
        ],
    );
    let text = imported(&pair, "users.jsonl", &UPDATE, 3);
    assert!(
        text.contains("line 1, column 1 (email): belongs to another user, who registered here"),
        "{text}"
    );
    assert!(
        text.contains("line 2, column 1 (username): belongs to another user, who registered here"),
        "{text}"
    );
    assert!(
        text.contains("line 3, column 1 (username): belongs to another user, or looks like"),
        "{text}"
    );
    assert!(
        text.contains("line 5, column 1 (email): belongs to another user, who registered here"),
        "{text}"
    );
    // The row with her id is skipped; of the others only the third one names her by what looks like her name.
    assert!(text.contains("0 new, 0 changed, 0 unchanged, 1 there already, 4 rejected"), "{text}");
    assert!(text.contains("4 of these rows meet an account that was registered here"), "{text}");
    assert_eq!(stored(&pair, "ana").await.scope, before.scope);
    assert_eq!(stored(&pair, "ana").await.password_hash, before.password_hash);
    try_login(&pair, "ana", PASSWORD).await.ok(200);
}
