//! Rotation: repeats by the same client succeed, and a stolen token ends the session.

use std::{collections::BTreeSet, time::Duration};

use authpair_testkit::{Answer, Session, TestPair};
use serde_json::json;

use crate::on_both;

#[on_both(serializable)]
async fn of_16_parallel_refreshes_all_get_the_same_working_successor(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let calls = (0..16).map(|_| {
        let call = pair.auth_call("POST", "/api/auth/refresh").bearer_auth(&session.refresh);
        tokio::spawn(Answer::of(call))
    });
    let mut successors = BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.unwrap().ok(200);
        pair.me(&answer.string("access_token")).await.ok(200);
        successors.insert(answer.string("refresh_token"));
    }
    assert_eq!(successors.len(), 1);
    pair.refresh(successors.first().unwrap()).await.ok(200);
    let sessions =
        pair.send("GET", "/api/auth/sessions", &session.access, &json!({})).await.ok(200);
    assert_eq!(sessions.body["sessions"].as_array().unwrap().len(), 1);
}

#[on_both(serializable)]
async fn a_lost_answer_is_repeated_with_the_same_refresh_token(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let first = pair.refresh(&session.refresh).await.ok(200);
    pair.clock.advance(Duration::from_secs(5));
    let renamed = json!({ "username": "anna" });
    pair.send("PATCH", "/api/auth/me", &session.access, &renamed).await.ok(200);
    let again = pair.refresh(&session.refresh).await.ok(200);
    assert_eq!(first.string("refresh_token"), again.string("refresh_token"));
    assert_eq!(again.body["refresh_expires_in"], 7 * 86_400 - 5);
    let whoami = pair.get_users("/api/whoami", &again.string("access_token")).await.ok(200);
    assert_eq!(whoami.body["logged_in_as"], "anna");
    pair.send("PATCH", "/api/auth/me", &again.string("access_token"), &renamed)
        .await
        .expect(401, "fresh_token_required");
    pair.refresh(&again.string("refresh_token")).await.ok(200);
}

#[on_both(serializable)]
async fn an_older_token_after_the_grace_ends_the_session_and_it_stays_ended(mut pair: TestPair) {
    let (_, stolen) = pair.new_user("ana").await;
    let other = pair.login("ana").await;
    let newest = Session::of(&pair.refresh(&stolen.refresh).await.ok(200));
    let newest = Session::of(&pair.refresh(&newest.refresh).await.ok(200));
    pair.clock.advance(Duration::from_secs(12));
    pair.refresh(&stolen.refresh).await.expect(401, "token_revoked");
    pair.refresh(&newest.refresh).await.expect(401, "token_revoked");
    pair.me(&newest.access).await.expect(401, "token_revoked");
    pair.halt().await;
    pair.resume().await;
    pair.refresh(&newest.refresh).await.expect(401, "token_revoked");
    pair.me_at_users(&newest.access).await.expect(401, "token_revoked");
    pair.refresh(&other.refresh).await.ok(200);
}

#[on_both(serializable)]
async fn an_older_token_ends_the_session_even_within_the_grace(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let second = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    let third = Session::of(&pair.refresh(&second.refresh).await.ok(200));
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    pair.refresh(&third.refresh).await.expect(401, "token_revoked");
}

#[on_both(serializable)]
async fn an_expired_refresh_token_is_token_expired_and_revokes_nothing(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let mut newest = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    for _ in 0..2 {
        pair.clock.advance(Duration::from_secs(4 * 86_400));
        newest = Session::of(&pair.refresh(&newest.refresh).await.ok(200));
    }
    // Eight days old and replaced long ago: the answer is that it has expired.
    pair.refresh(&session.refresh).await.expect(401, "token_expired");
    pair.refresh(&newest.refresh).await.ok(200);
}

#[on_both(serializable)]
async fn a_session_ends_when_idle_and_at_its_absolute_end(pair: TestPair) {
    let (_, idle) = pair.new_user("ana").await;
    let mut used = pair.login("ana").await;
    for _ in 0..4 {
        pair.clock.advance(Duration::from_secs(6 * 86_400));
        used = Session::of(&pair.refresh(&used.refresh).await.ok(200));
    }
    pair.refresh(&idle.refresh).await.expect(401, "token_expired");
    // On day 24 the absolute end on day 30 comes before the idle end.
    pair.clock.advance(Duration::from_secs(5 * 86_400));
    let last = pair.refresh(&used.refresh).await.ok(200);
    assert!(last.body["refresh_expires_in"].as_i64().unwrap() <= 86_400, "{}", last.text);
    pair.clock.advance(Duration::from_secs(86_400 + 31));
    pair.refresh(&last.string("refresh_token")).await.expect(401, "token_expired");
}

#[on_both(serializable)]
async fn no_refresh_succeeds_after_the_answer_to_a_logout(pair: TestPair) {
    pair.register("ana").await;
    for round in 0..500 {
        let session = pair.login("ana").await;
        let refresh = pair.auth_call("POST", "/api/auth/refresh").bearer_auth(&session.refresh);
        let refresh = tokio::spawn(Answer::of(refresh));
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        }
        pair.logout(&session.refresh).await.ok(204);
        let raced = refresh.await.unwrap();
        if raced.status == 200 {
            let raced = Session::of(&raced);
            pair.refresh(&raced.refresh).await.expect(401, "token_revoked");
            pair.me(&raced.access).await.expect(401, "token_revoked");
        } else {
            raced.expect(401, "token_revoked");
        }
        pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    }
}

#[on_both(serializable)]
async fn after_a_restart_the_grace_still_counts_and_reuse_is_detected(mut pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let first = pair.refresh(&session.refresh).await.ok(200);
    pair.halt().await;
    pair.resume().await;
    let again = pair.refresh(&session.refresh).await.ok(200);
    assert_eq!(first.string("refresh_token"), again.string("refresh_token"));
    let newest = Session::of(&pair.refresh(&again.string("refresh_token")).await.ok(200));
    pair.halt().await;
    pair.resume().await;
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    pair.refresh(&newest.refresh).await.expect(401, "token_revoked");
}

#[on_both(serializable)]
async fn a_call_has_exactly_one_credential_in_the_header_or_in_the_body(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let in_body = json!({ "refresh_token": session.refresh });
    pair.send("POST", "/api/auth/refresh", &session.refresh, &in_body)
        .await
        .expect(400, "invalid_request");
    let refreshed = pair.post("/api/auth/refresh", &in_body).await.ok(200);
    assert_eq!(refreshed.header("cache-control"), "no-store");
    Answer::of(pair.auth_call("POST", "/api/auth/refresh"))
        .await
        .expect(401, "authorization_header");
    pair.post("/api/auth/refresh", &json!({})).await.expect(401, "authorization_header");
    pair.post("/api/auth/refresh", &json!({ "refresh_token": "x" }))
        .await
        .expect(401, "invalid_token");
    pair.post("/api/auth/refresh", &json!({ "refresh_token": 1 }))
        .await
        .expect(400, "invalid_request");
    pair.post("/api/auth/logout", &in_body).await.ok(204);
}
