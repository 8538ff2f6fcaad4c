//! Polls of the feed of revocations, and how long it keeps an entry.

use std::time::Duration;

use auth_service::sessions::Purge;
use authpair_testkit::{Answer, TestPair, eventually, free_port, within};
use serde_json::json;
use tokio::time::Instant;

use crate::{
    on_both,
    support::{
        metrics::{read, value},
        sessions::eventually_revoked,
    },
};

async fn poll(pair: &TestPair, query: &str) -> Answer {
    Answer::of(pair.auth_call("GET", &format!("/.well-known/revoked-sessions{query}"))).await
}

#[on_both]
async fn a_poll_is_held_until_there_is_a_revocation(mut pair: TestPair) {
    let metrics = format!("127.0.0.1:{}", free_port());
    pair.set("AUTH_METRICS_LISTEN", &metrics);
    pair.halt().await;
    pair.resume().await;
    let metrics = format!("http://{metrics}/metrics");
    let (_, session) = pair.new_user("ana").await;
    let start = poll(&pair, "").await.ok(200);
    assert_eq!((&start.body["reset"], &start.body["revoked"]), (&json!(true), &json!([])));
    let cursor = start.string("cursor");
    let empty = poll(&pair, &format!("?after={cursor}&wait=0")).await.ok(200);
    assert_eq!((&empty.body["reset"], &empty.body["more"]), (&json!(false), &json!(false)));
    let call =
        pair.auth_call("GET", &format!("/.well-known/revoked-sessions?after={cursor}&wait=20"));
    let held = tokio::spawn(Answer::of(call));
    eventually("the poll is not held", async || {
        // The other one is that of users-api.
        value(&read(&pair, &metrics).await, "authpair_revocation_polls_held") == 2.0
    })
    .await;
    assert!(!held.is_finished());
    let started = Instant::now();
    pair.logout(&session.access).await.ok(204);
    let news = held.await.unwrap().ok(200);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(news.body["revoked"][0]["sid"], session.id);
    let until = news.body["revoked"][0]["until"].as_i64().unwrap();
    assert_eq!(until - pair.clock.seconds(), 960);
    for bad in ["?wait=31", "?wait=-1", "?wait=x", "?wait=1&wait=2"] {
        poll(&pair, bad).await.expect(400, "invalid_request");
    }
}

#[on_both]
async fn unknown_and_future_cursors_get_the_full_set(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let start = poll(&pair, "").await.ok(200).string("cursor");
    pair.logout(&session.access).await.ok(204);
    poll(&pair, &format!("?after={start}&wait=5")).await.ok(200);
    let full = poll(&pair, "").await.ok(200);
    assert_eq!(full.body["revoked"][0]["sid"], session.id);
    let cursor = full.string("cursor");
    let [epoch, seq, tag] = cursor.split('.').collect::<Vec<_>>()[..] else { panic!("{cursor}") };
    let future = format!("{epoch}.{}.{tag}", seq.parse::<i64>().unwrap() + 1_000);
    let other_history = format!("{epoch}.{seq}.0123456789abcdef");
    let foreign = format!("0123.{seq}.{tag}");
    let of_the_version_before = format!("{epoch}.{seq}");
    for other in [
        &future,
        &other_history,
        &foreign,
        &of_the_version_before,
        "nonsense",
        "",
        "a.b.c",
        "9.99999999999999999999.0123456789abcdef",
        "9.-9223372036854775808.0123456789abcdef",
    ] {
        let answer = poll(&pair, &format!("?after={other}&wait=5")).await.ok(200);
        assert_eq!(
            (&answer.body["reset"], &answer.body["revoked"]),
            (&json!(true), &full.body["revoked"]),
            "{other}"
        );
    }
}

#[on_both]
async fn entries_leave_the_feed_when_their_last_token_has_expired(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    pair.logout(&session.access).await.ok(204);
    let state = pair.pair().auth().state();
    within(Duration::from_secs(1), "the feed does not hear of the logout", async || {
        !state.feed.is_empty()
    })
    .await;
    pair.clock.advance(Duration::from_secs(900 + 50));
    state.feed.prune(pair.clock.now());
    assert_eq!(state.feed.len(), 1);
    // A clock that was ahead for a while does not lose the entry.
    pair.clock.advance(Duration::from_secs(300));
    state.feed.prune(pair.clock.now());
    assert_eq!(state.feed.len(), 1);
    pair.clock.advance(Duration::from_secs(400));
    let now = pair.clock.now();
    state.feed.prune(now);
    let mut purge = Purge::default();
    assert_eq!(purge.run(&state.database, now).await.unwrap(), 1);
    assert_eq!(poll(&pair, "").await.ok(200).body["revoked"], json!([]));
    // The session itself is kept as long as its refresh token could be used.
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    pair.clock.advance(Duration::from_secs(8 * 86_400));
    assert_eq!(purge.run(&state.database, pair.clock.now()).await.unwrap(), 1);
}

#[on_both]
async fn users_api_serves_while_auth_service_is_stopped_and_then_follows_the_feed_again(
    mut pair: TestPair,
) {
    let (_, session) = pair.new_user("ana").await;
    let ready = Answer::of(pair.users_call("GET", "/readyz")).await.ok(200);
    assert!(ready.text.contains("lag"), "{}", ready.text);
    pair.halt_auth().await;
    pair.me_at_users(&session.access).await.ok(200);
    pair.get_users("/api/users", &session.access).await.ok(200);
    pair.resume_auth().await;
    pair.logout(&session.access).await.ok(204);
    eventually_revoked(&pair, &session.access).await;
}
