//! Logout, password change and deletion: users-api refuses the tokens within a second, and no other session ends.

use std::time::Duration;

use authpair_testkit::{Answer, PASSWORD, Session, TestPair};
use serde_json::json;

use crate::on_both;

#[on_both]
async fn logout_is_seen_at_users_api_within_a_second_and_ends_only_its_session(pair: TestPair) {
    let (_, first) = pair.new_user("ana").await;
    let second = pair.login("ana").await;
    let (_, other) = pair.new_user("bob").await;
    pair.logout(&first.refresh).await.ok(204);
    pair.me(&first.access).await.expect(401, "token_revoked");
    pair.wait_until_revoked(&first.access).await;
    for session in [&second, &other] {
        pair.me_at_users(&session.access).await.ok(200);
        pair.refresh(&session.refresh).await.ok(200);
    }
}

#[on_both]
async fn logout_takes_any_token_of_the_session_and_is_idempotent(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let newest = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    for token in
        [&session.refresh, &session.access, &newest.refresh, &newest.access, &session.refresh]
    {
        pair.logout(token).await.ok(204);
        pair.refresh(&newest.refresh).await.expect(401, "token_revoked");
    }
    pair.logout("x.y.z").await.expect(401, "invalid_token");
    Answer::of(pair.auth_call("POST", "/api/auth/logout"))
        .await
        .expect(401, "authorization_header");
    pair.clock.advance(Duration::from_secs(900 + 31));
    pair.logout(&session.access).await.expect(401, "token_expired");
}

#[on_both]
async fn logout_all_ends_every_session_of_the_caller(pair: TestPair) {
    let (_, first) = pair.new_user("ana").await;
    let second = pair.login("ana").await;
    let (_, other) = pair.new_user("bob").await;
    let answer = pair.send("POST", "/api/auth/logout-all", &first.access, &json!({})).await.ok(200);
    assert_eq!(answer.body, json!({ "revoked": 2 }));
    for session in [&first, &second] {
        pair.wait_until_revoked(&session.access).await;
        pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    }
    pair.me_at_users(&other.access).await.ok(200);
    pair.login("ana").await;
}

#[on_both]
async fn one_session_can_be_ended_from_another(pair: TestPair) {
    let (_, here) = pair.new_user("ana").await;
    let there = pair.login("ana").await;
    let path = format!("/api/auth/sessions/{}", there.id);
    Answer::of(pair.auth_call("DELETE", &path).bearer_auth(&here.access)).await.ok(204);
    pair.wait_until_revoked(&there.access).await;
    pair.me_at_users(&here.access).await.ok(200);
    Answer::of(pair.auth_call("DELETE", &path).bearer_auth(&here.access))
        .await
        .expect(404, "not_found");
}

#[on_both]
async fn the_session_of_another_user_is_answered_like_an_unknown_one(pair: TestPair) {
    let (_, ana) = pair.new_user("ana").await;
    let (_, bob) = pair.new_user("bob").await;
    let mut answers = Vec::new();
    for id in [ana.id.as_str(), "00000000-0000-4000-8000-000000000000", "no-uuid"] {
        let call =
            pair.auth_call("DELETE", &format!("/api/auth/sessions/{id}")).bearer_auth(&bob.access);
        answers.push(Answer::of(call).await.expect(404, "not_found").text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    pair.me(&ana.access).await.ok(200);
}

#[on_both]
async fn a_password_change_ends_every_session_and_starts_a_new_one_for_the_caller(pair: TestPair) {
    let (_, here) = pair.new_user("ana").await;
    let there = pair.login("ana").await;
    let new = json!({ "current_password": PASSWORD, "new_password": "a whole new horse" });
    let changed = pair.send("PUT", "/api/auth/password", &here.access, &new).await.ok(200);
    let changed = Session::of(&changed);
    assert_ne!(changed.id, here.id);
    for session in [&here, &there] {
        pair.wait_until_revoked(&session.access).await;
        pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    }
    pair.me_at_users(&changed.access).await.ok(200);
    pair.refresh(&changed.refresh).await.ok(200);
    let old = json!({ "username": "ana", "password": PASSWORD });
    pair.post("/api/auth/login", &old).await.expect(401, "invalid_credentials");
    let new = json!({ "username": "ana", "password": "a whole new horse" });
    pair.post("/api/auth/login", &new).await.ok(200);
}

#[on_both]
async fn deleting_a_user_ends_its_sessions_and_frees_its_names(pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    let (_, bob) = pair.new_user("bob").await;
    Answer::of(pair.auth_call("DELETE", "/api/auth/me").bearer_auth(&session.access)).await.ok(204);
    pair.me(&session.access).await.expect(401, "token_revoked");
    pair.wait_until_revoked(&session.access).await;
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    let path = format!("/api/users/{}", ana.id);
    pair.get_users(&path, &bob.access).await.expect(404, "user_not_found");
    let again = pair.register("ana").await;
    assert_ne!(again.id, ana.id);
}

#[on_both]
async fn the_list_of_sessions_shows_address_and_user_agent_of_their_logins(pair: TestPair) {
    pair.register("ana").await;
    let body = json!({ "username": "ana", "password": PASSWORD });
    let call = pair.auth_call("POST", "/api/auth/login").header("user-agent", "tests/1.0");
    let session = Session::of(
        &Answer::of(call.header("x-forwarded-for", "6.6.6.6").json(&body)).await.ok(200),
    );
    let other = pair.login("ana").await;
    let answer =
        Answer::of(pair.auth_call("GET", "/api/auth/sessions").bearer_auth(&session.access)).await;
    let sessions = answer.ok(200).body["sessions"].clone();
    let find = |id: &str| {
        sessions.as_array().unwrap().iter().find(|entry| entry["id"] == id).unwrap().clone()
    };
    let here = find(&session.id);
    assert_eq!((&here["current"], &here["user_agent"]), (&json!(true), &json!("tests/1.0")));
    assert_eq!(here["ip"], "127.0.0.1");
    assert_eq!(find(&other.id)["current"], false);
}
