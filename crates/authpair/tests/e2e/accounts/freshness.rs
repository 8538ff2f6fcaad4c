//! Calls that need a fresh session: the password was given within the last five minutes.

use std::time::Duration;

use authpair_testkit::{Answer, PASSWORD, Session, TestPair};
use serde_json::json;

use crate::on_both;

const NEW_NAME: &str = "anna";

async fn rename(pair: &TestPair, access: &str) -> Answer {
    pair.send("PATCH", "/api/auth/me", access, &json!({ "username": NEW_NAME })).await
}

#[on_both]
async fn a_refreshed_or_old_token_is_not_fresh_and_the_challenge_says_what_is(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let refreshed = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    let answer = rename(&pair, &refreshed.access).await.expect(401, "fresh_token_required");
    let challenge = answer.header("www-authenticate").to_owned();
    assert!(challenge.contains("error=\"insufficient_user_authentication\""), "{challenge}");
    assert!(challenge.contains("max_age=300"), "{challenge}");
    for (method, path, body) in [
        (
            "PUT",
            "/api/auth/password",
            json!({ "current_password": PASSWORD, "new_password": "another horse" }),
        ),
        ("DELETE", "/api/auth/me", json!({})),
    ] {
        pair.send(method, path, &refreshed.access, &body).await.expect(401, "fresh_token_required");
    }
    pair.clock.advance(Duration::from_secs(299));
    rename(&pair, &session.access).await.ok(200);
    pair.clock.advance(Duration::from_secs(1));
    rename(&pair, &session.access).await.expect(401, "fresh_token_required");
}

#[on_both]
async fn reauthentication_makes_the_session_fresh_without_rotating_it(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let old = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    let path = "/api/auth/reauthenticate";
    let wrong = json!({ "password": "wrong" });
    pair.send("POST", path, &old.access, &wrong).await.expect(401, "invalid_credentials");
    let answer =
        pair.send("POST", path, &old.access, &json!({ "password": PASSWORD })).await.ok(200);
    assert!(answer.body.get("refresh_token").is_none());
    rename(&pair, &answer.string("access_token")).await.ok(200);
    let sessions =
        Answer::of(pair.auth_call("GET", "/api/auth/sessions").bearer_auth(&old.access)).await;
    assert_eq!(sessions.ok(200).body["sessions"].as_array().unwrap().len(), 1);
    pair.refresh(&old.refresh).await.ok(200);
    pair.logout(&old.refresh).await.ok(204);
    pair.send("POST", path, &old.access, &json!({ "password": PASSWORD }))
        .await
        .expect(401, "token_revoked");
    pair.me(&answer.string("access_token")).await.expect(401, "token_revoked");
}

#[on_both]
async fn a_user_changes_name_and_address_and_a_taken_one_is_a_conflict(pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    pair.register("bob").await;
    let change = json!({ "username": "BOB" });
    pair.send("PATCH", "/api/auth/me", &session.access, &change).await.expect(409, "user_exists");
    let change = json!({ "email": "Bob@example.com", "current_password": PASSWORD });
    pair.send("PATCH", "/api/auth/me", &session.access, &change).await.expect(409, "user_exists");
    for bad in [
        json!({}),
        json!({ "username": "b b" }),
        json!({ "scope": "users:admin" }),
        json!({ "id": "1" }),
    ] {
        pair.send("PATCH", "/api/auth/me", &session.access, &bad)
            .await
            .expect(400, "invalid_request");
    }
    let change =
        json!({ "username": "Anna", "email": "anna@example.com", "current_password": PASSWORD });
    let answer = pair.send("PATCH", "/api/auth/me", &session.access, &change).await.ok(200);
    assert_eq!((&answer.body["id"], &answer.body["username"]), (&json!(ana.id), &json!("Anna")));
    assert_eq!(pair.me_at_users(&session.access).await.ok(200).body["email"], "anna@example.com");
    pair.login("anna").await;
}

#[on_both]
async fn a_bad_new_password_is_refused_and_changes_nothing(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    for bad in ["short", "ana@example.com", &"x".repeat(257)] {
        let body = json!({ "current_password": PASSWORD, "new_password": bad });
        let answer = pair.send("PUT", "/api/auth/password", &session.access, &body).await;
        let answer = answer.expect(400, "invalid_request");
        assert!(answer.body["fields"]["new_password"].is_array(), "{}", answer.text);
    }
    pair.login("ana").await;
}
