//! Making, reading, changing and deleting a user.

use authpair_testkit::{PASSWORD, Session, TestPair};
use serde_json::{Value, json};

use super::{administrator, call, patch, path_of};
use crate::{
    on_both,
    support::{oauth::Account, passwords::try_login, sessions::stale_at_users_api},
};

#[on_both]
async fn a_user_is_made_without_a_password_and_read_with_everything_that_can_be_changed(
    pair: TestPair,
) {
    let admin = administrator(&pair).await;
    let body = json!({
        "username": "Ana",
        "email": "Ana@Example.org",
        "scope": "users:read users:email",
        "ext": { "plan": "pro" },
    });
    let made = pair.send("POST", "/api/admin/users", &admin.access, &body).await.ok(201);
    let id = made.string("id");
    assert_eq!(made.header("location"), path_of(&id));
    assert_eq!(made.header("cache-control"), "no-store");
    let read = call(&pair, "GET", &path_of(&id), &admin.access).await.ok(200);
    assert_eq!((&read.body, read.header("etag")), (&made.body, made.header("etag")));
    assert_eq!(read.body["username"], "Ana");
    assert_eq!(read.body["email"], "Ana@example.org");
    assert_eq!(read.body["scope"], "users:read users:email");
    assert_eq!(read.body["ext"], json!({ "plan": "pro" }));
    assert_eq!(
        [&read.body["disabled"], &read.body["has_password"], &read.body["last_login_at"]],
        [&Value::Null, &json!(false), &Value::Null]
    );
    // No password is accepted for it.
    for password in [PASSWORD, "!", "", "none of all these"] {
        try_login(&pair, "ana", password).await.expect(401, "invalid_credentials");
    }
    let taken = json!({ "username": "other", "email": "ana@example.org" });
    let taken = pair.send("POST", "/api/admin/users", &admin.access, &taken).await;
    assert!(taken.expect(409, "user_exists").body["fields"]["email"].is_array());
}

#[on_both]
async fn without_scopes_a_new_user_gets_those_of_everybody_who_registers(pair: TestPair) {
    let admin = administrator(&pair).await;
    let body = json!({ "username": "ana", "email": "ana@example.org" });
    let made = pair.send("POST", "/api/admin/users", &admin.access, &body).await.ok(201);
    assert_eq!((made.string("scope"), &made.body["ext"]), ("users:read".to_owned(), &Value::Null));
}

#[on_both]
async fn a_change_touches_only_what_was_sent_and_takes_effect_at_once(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (ana, session) = pair.new_user("ana").await;
    let change = json!({ "username": "anna", "email": "anna@example.org" });
    let changed = patch(&pair, &admin.access, &ana.id, &change).await.ok(200);
    assert_eq!(
        (&changed.body["username"], &changed.body["scope"]),
        (&json!("anna"), &json!("users:read"))
    );
    // A new name changes no rights.
    let me = pair.me(&session.access).await.ok(200);
    assert_eq!(
        (me.string("username"), me.string("email")),
        ("anna".into(), "anna@example.org".into())
    );

    let change = json!({ "scope": "users:read users:email", "ext": { "seats": 5 } });
    patch(&pair, &admin.access, &ana.id, &change).await.ok(200);
    pair.me(&session.access).await.expect(401, "token_stale");
    stale_at_users_api(&pair, &session.access).await;
    let session = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    pair.me_at_users(&session.access).await.ok(200);
    let cleared = patch(&pair, &admin.access, &ana.id, &json!({ "ext": null })).await.ok(200);
    assert_eq!(
        (&cleared.body["ext"], cleared.string("scope")),
        (&Value::Null, "users:read users:email".into())
    );
}

#[on_both]
async fn a_disabled_user_is_logged_out_and_stays_out_until_enabled(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (ana, session) = pair.new_user("ana").await;
    let disable = json!({ "disabled": { "reason": "chargeback" } });
    let answer = patch(&pair, &admin.access, &ana.id, &disable).await.ok(200);
    assert_eq!(answer.body["disabled"]["reason"], "chargeback");
    assert!(answer.body["disabled"]["at"].is_string());
    pair.me(&session.access).await.expect(401, "token_revoked");
    pair.wait_until_revoked(&session.access).await;
    let login = json!({ "username": "ana", "password": PASSWORD });
    pair.post("/api/auth/login", &login).await.expect(401, "invalid_credentials");
    let again = patch(&pair, &admin.access, &ana.id, &json!({ "disabled": {} })).await.ok(200);
    assert_eq!(again.body, answer.body, "it was disabled already");
    let enabled = patch(&pair, &admin.access, &ana.id, &json!({ "disabled": null })).await.ok(200);
    assert_eq!(enabled.body["disabled"], Value::Null);
    pair.login("ana").await;
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
}

#[on_both]
async fn a_deleted_user_is_gone_with_every_session(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (ana, session) = pair.new_user("ana").await;
    call(&pair, "DELETE", &path_of(&ana.id), &admin.access).await.ok(204);
    pair.me(&session.access).await.expect(401, "token_revoked");
    pair.wait_until_revoked(&session.access).await;
    for method in ["GET", "DELETE"] {
        let gone = call(&pair, method, &path_of(&ana.id), &admin.access).await;
        gone.expect(404, "user_not_found");
    }
    patch(&pair, &admin.access, &ana.id, &json!({})).await.expect(404, "user_not_found");
    pair.register("ana").await;
}

#[on_both]
async fn a_service_account_with_the_scope_may_administer(pair: TestPair) {
    let account = Account::create(&pair, "users:read users:admin");
    let token = account.token(&pair).await;
    let body = json!({ "username": "ana", "email": "ana@example.org" });
    let made = pair.send("POST", "/api/admin/users", &token, &body).await.ok(201);
    let id = made.string("id");
    patch(&pair, &token, &id, &json!({ "ext": { "a": 1 } })).await.ok(200);
    patch(&pair, &token, &id, &json!({ "scope": "users:email" }))
        .await
        .expect(403, "insufficient_scope");
    call(&pair, "DELETE", &path_of(&id), &token).await.ok(204);
}

#[on_both]
async fn the_proof_of_an_address_and_the_language_are_set_and_a_new_address_is_not_proven(
    pair: TestPair,
) {
    let admin = administrator(&pair).await;
    let (ana, session) = pair.new_user("ana").await;
    let proven = json!({ "email_verified": true, "locale": "pt-BR" });
    let changed = patch(&pair, &admin.access, &ana.id, &proven).await.ok(200);
    assert_eq!(
        [&changed.body["email_verified"], &changed.body["locale"], &changed.body["pending_email"]],
        [&json!(true), &json!("pt"), &Value::Null]
    );
    pair.me(&session.access).await.expect(401, "token_stale");
    let session = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    let same = patch(&pair, &admin.access, &ana.id, &proven).await.ok(200);
    assert_eq!(same.header("etag"), changed.header("etag"));
    pair.me(&session.access).await.ok(200);
    let moved = json!({ "email": "anna@example.org", "locale": null });
    let moved = patch(&pair, &admin.access, &ana.id, &moved).await.ok(200);
    assert_eq!(
        (&moved.body["email_verified"], &moved.body["locale"]),
        (&json!(false), &Value::Null)
    );
    let read = call(&pair, "GET", &path_of(&ana.id), &admin.access).await.ok(200);
    assert_eq!((&read.body, read.header("etag")), (&moved.body, moved.header("etag")));
}

#[on_both]
async fn an_invalid_user_is_400_with_the_field(pair: TestPair) {
    let admin = administrator(&pair).await;
    let ana = pair.register("ana").await;
    let long = json!({ "a": "x".repeat(1024) });
    for (change, field) in [
        (json!({ "username": "<b>" }), "username"),
        (json!({ "username": 5 }), "username"),
        (json!({ "email": "ana" }), "email"),
        (json!({ "scope": "users:read,users:email" }), "scope"),
        (json!({ "scope": ["users:read"] }), "scope"),
        (json!({ "ext": "{}" }), "ext"),
        (json!({ "ext": [] }), "ext"),
        (json!({ "ext": long }), "ext"),
        (json!({ "email_verified": "yes" }), "email_verified"),
        (json!({ "locale": "../en" }), "locale"),
        (json!({ "disabled": true }), "disabled"),
        (json!({ "disabled": { "because": "x" } }), "disabled"),
        (json!({ "disabled": { "reason": "" } }), "disabled"),
        (json!({ "disabled": { "reason": "a\nb" } }), "disabled"),
        (json!({ "id": "x" }), "id"),
        (json!({ "password": "a new password" }), "password"),
    ] {
        let answer = patch(&pair, &admin.access, &ana.id, &change).await;
        let answer = answer.expect(400, "invalid_request");
        assert!(answer.body["fields"][field].is_array(), "{change}: {}", answer.text);
    }
    let password = json!({ "username": "bob", "email": "bob@example.org", "password": PASSWORD });
    pair.send("POST", "/api/admin/users", &admin.access, &password)
        .await
        .expect(400, "invalid_request");
}
