//! How many sessions a user may have, and which ones end when there are more.

use std::time::Duration;

use authpair_testkit::{Answer, PASSWORD, Session, TestPair};
use serde_json::json;

use crate::{
    on_both,
    support::sessions::{eventually_revoked, listed},
};

/// A pair whose users may have three sessions.
async fn with_three(pair: &mut TestPair) {
    pair.set("AUTH_SESSIONS_PER_USER", "3");
    pair.halt_auth().await;
    pair.resume_auth().await;
}

#[on_both]
async fn a_new_session_beyond_the_cap_ends_the_one_unused_longest(mut pair: TestPair) {
    with_three(&mut pair).await;
    pair.register("ana").await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        sessions.push(pair.login("ana").await);
        pair.clock.advance(Duration::from_secs(1));
    }
    // All within the lifetime of an access token, so that none counts as abandoned.
    sessions[0] = Session::of(&pair.refresh(&sessions[0].refresh).await.ok(200));
    let fourth = pair.login("ana").await;
    pair.me(&sessions[1].access).await.expect(401, "token_revoked");
    eventually_revoked(&pair, &sessions[1].access).await;
    pair.refresh(&sessions[1].refresh).await.expect(401, "token_revoked");
    assert_eq!(listed(&pair, &fourth.access).await.len(), 3);
    for session in [&sessions[0], &sessions[2]] {
        pair.refresh(&session.refresh).await.ok(200);
    }
}

#[on_both]
async fn an_abandoned_session_ends_before_one_that_is_refreshed(mut pair: TestPair) {
    with_three(&mut pair).await;
    pair.register("ana").await;
    let refreshed = pair.login("ana").await;
    let refreshed = Session::of(&pair.refresh(&refreshed.refresh).await.ok(200));
    pair.clock.advance(Duration::from_secs(10));
    let old = pair.login("ana").await;
    pair.clock.advance(Duration::from_secs(10));
    let left_behind = pair.login("ana").await;
    pair.clock.advance(Duration::from_secs(901));
    pair.login("ana").await;
    pair.refresh(&old.refresh).await.expect(401, "token_revoked");
    let fifth = pair.login("ana").await;
    pair.refresh(&left_behind.refresh).await.expect(401, "token_revoked");
    assert!(listed(&pair, &fifth.access).await.contains(&refreshed.id));
    // The other two began just now, so the refreshed one is the one unused longest.
    pair.login("ana").await;
    pair.refresh(&refreshed.refresh).await.expect(401, "token_revoked");
}

#[on_both]
async fn of_12_parallel_logins_three_sessions_live_where_the_cap_is_three(mut pair: TestPair) {
    with_three(&mut pair).await;
    pair.register("ana").await;
    let body = json!({ "username": "ana", "password": PASSWORD });
    let calls = (0..12)
        .map(|_| tokio::spawn(Answer::of(pair.auth_call("POST", "/api/auth/login").json(&body))));
    let mut live = 0;
    let mut sessions = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        sessions.push(Session::of(&call.await.unwrap().ok(200)));
    }
    for session in &sessions {
        live += usize::from(pair.me(&session.access).await.status == 200);
    }
    assert_eq!(live, 3);
}

#[on_both]
async fn expired_sessions_do_not_count(mut pair: TestPair) {
    with_three(&mut pair).await;
    pair.register("ana").await;
    for _ in 0..3 {
        pair.login("ana").await;
    }
    pair.clock.advance(Duration::from_secs(7 * 86_400 + 1));
    let mut newest = Vec::new();
    for _ in 0..3 {
        newest.push(pair.login("ana").await);
    }
    for session in &newest {
        pair.refresh(&session.refresh).await.ok(200);
    }
}
