//! A rotation whose answer was lost ends no session, and a stolen token is still detected.

use std::time::Duration;

use authpair_testkit::{Answer, Session, TestPair};
use serde_json::json;

use crate::{on_both, support::sessions::listed};

/// The usual client, by address and user agent.
const OWNER: (&str, &str) = ("192.0.2.1", "tests/1.0");
const STRANGER: (&str, &str) = ("198.51.100.7", "tests/2.0");

const PAST_THE_GRACE: Duration = Duration::from_secs(11);

/// Trusts the test as a proxy, so that it can set the clients' addresses.
async fn behind_a_proxy(pair: &mut TestPair) {
    pair.set("AUTH_TRUSTED_PROXIES", "127.0.0.1");
    pair.halt_auth().await;
    pair.resume_auth().await;
}

async fn refresh_as(pair: &TestPair, (address, agent): (&str, &str), token: &str) -> Answer {
    let call = pair.auth_call("POST", "/api/auth/refresh").bearer_auth(token);
    Answer::of(call.header("x-forwarded-for", address).header("user-agent", agent)).await
}

#[on_both]
async fn after_the_grace_a_replaced_token_gets_one_new_successor_and_the_unused_one_is_dead(
    pair: TestPair,
) {
    let (_, session) = pair.new_user("ana").await;
    let lost = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    pair.clock.advance(Duration::from_secs(5 * 3_600));
    let new = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    assert_eq!(new.id, session.id);
    assert_ne!(new.refresh, lost.refresh);
    pair.me(&new.access).await.ok(200);
    // That answer may be lost as well.
    let again = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    assert_eq!(again.refresh, new.refresh);
    let next = Session::of(&pair.refresh(&new.refresh).await.ok(200));
    pair.clock.advance(PAST_THE_GRACE);
    let next = Session::of(&pair.refresh(&next.refresh).await.ok(200));
    // The dead one.
    pair.refresh(&lost.refresh).await.expect(401, "token_revoked");
    pair.refresh(&next.refresh).await.expect(401, "token_revoked");

    let second = pair.login("ana").await;
    pair.refresh(&second.refresh).await.ok(200);
    pair.clock.advance(PAST_THE_GRACE);
    let new = Session::of(&pair.refresh(&second.refresh).await.ok(200));
    pair.clock.advance(PAST_THE_GRACE);
    pair.refresh(&second.refresh).await.expect(401, "token_revoked");
    pair.refresh(&new.refresh).await.expect(401, "token_revoked");
}

#[on_both]
async fn a_restart_does_not_change_what_a_replaced_token_gets(mut pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let lost = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    pair.clock.advance(PAST_THE_GRACE);
    pair.halt_auth().await;
    pair.resume_auth().await;
    let new = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    pair.halt_auth().await;
    pair.resume_auth().await;
    let next = Session::of(&pair.refresh(&new.refresh).await.ok(200));
    pair.refresh(&lost.refresh).await.expect(401, "token_revoked");
    pair.refresh(&next.refresh).await.expect(401, "token_revoked");
}

#[on_both]
async fn from_another_address_or_user_agent_the_replaced_token_after_the_grace_is_reuse(
    mut pair: TestPair,
) {
    behind_a_proxy(&mut pair).await;
    pair.register("ana").await;
    for other in [(OWNER.0, STRANGER.1), (STRANGER.0, OWNER.1), STRANGER] {
        let session = pair.login("ana").await;
        let newest = Session::of(&refresh_as(&pair, OWNER, &session.refresh).await.ok(200));
        pair.clock.advance(PAST_THE_GRACE);
        refresh_as(&pair, other, &session.refresh).await.expect(401, "token_revoked");
        refresh_as(&pair, OWNER, &newest.refresh).await.expect(401, "token_revoked");
        pair.me(&newest.access).await.expect(401, "token_revoked");
    }
}

#[on_both]
async fn when_a_thief_and_the_owner_both_refresh_the_session_ends_in_either_order(
    mut pair: TestPair,
) {
    behind_a_proxy(&mut pair).await;
    pair.register("ana").await;
    for (first, second) in [(OWNER, STRANGER), (STRANGER, OWNER), (OWNER, OWNER)] {
        for after in [Duration::ZERO, Duration::from_secs(3_600)] {
            let session = pair.login("ana").await;
            // Both hold the same token. The first one refreshes twice.
            let newest = Session::of(&refresh_as(&pair, first, &session.refresh).await.ok(200));
            let newest = Session::of(&refresh_as(&pair, first, &newest.refresh).await.ok(200));
            pair.clock.advance(after);
            refresh_as(&pair, second, &session.refresh).await.expect(401, "token_revoked");
            refresh_as(&pair, first, &newest.refresh).await.expect(401, "token_revoked");
        }
    }
    // A thief who looks like the owner, and whose successor is not used before the owner comes.
    let session = pair.login("ana").await;
    let stolen = Session::of(&refresh_as(&pair, OWNER, &session.refresh).await.ok(200));
    pair.clock.advance(PAST_THE_GRACE);
    let owner = Session::of(&refresh_as(&pair, OWNER, &session.refresh).await.ok(200));
    refresh_as(&pair, OWNER, &stolen.refresh).await.expect(401, "token_revoked");
    refresh_as(&pair, OWNER, &owner.refresh).await.expect(401, "token_revoked");
}

#[on_both]
async fn sixteen_parallel_late_repeats_get_the_same_successor(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    pair.refresh(&session.refresh).await.ok(200);
    pair.clock.advance(PAST_THE_GRACE);
    let calls = (0..16).map(|_| {
        let call = pair.auth_call("POST", "/api/auth/refresh").bearer_auth(&session.refresh);
        tokio::spawn(Answer::of(call))
    });
    let mut successors = std::collections::BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        successors.insert(call.await.unwrap().ok(200).string("refresh_token"));
    }
    assert_eq!(successors.len(), 1);
    pair.refresh(successors.first().unwrap()).await.ok(200);
}

#[on_both]
async fn a_repeat_from_another_client_is_refused_and_ends_no_session(mut pair: TestPair) {
    behind_a_proxy(&mut pair).await;
    let (_, session) = pair.new_user("ana").await;
    let newest = Session::of(&refresh_as(&pair, OWNER, &session.refresh).await.ok(200));
    refresh_as(&pair, STRANGER, &session.refresh).await.expect(401, "token_revoked");
    // One of the two may change: a train passes a tunnel, a browser updates itself.
    for same in [OWNER, (OWNER.0, STRANGER.1), (STRANGER.0, OWNER.1)] {
        let again = refresh_as(&pair, same, &session.refresh).await.ok(200);
        assert_eq!(again.string("refresh_token"), newest.refresh);
    }
    pair.me(&newest.access).await.ok(200);
    refresh_as(&pair, OWNER, &newest.refresh).await.ok(200);
}

#[on_both]
async fn a_token_is_repeated_32_times_and_then_rate_limited(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let newest = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    pair.clock.advance(Duration::from_secs(4));
    let calls = (0..40).map(|_| {
        let call = pair.auth_call("POST", "/api/auth/refresh").bearer_auth(&session.refresh);
        tokio::spawn(Answer::of(call))
    });
    let mut repeated = 0;
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.unwrap();
        if answer.status == 200 {
            assert_eq!(answer.string("refresh_token"), newest.refresh);
            repeated += 1;
        } else {
            let answer = answer.expect(429, "rate_limited");
            assert_eq!(
                (answer.header("retry-after"), &answer.body["retry_after"]),
                ("7", &json!(7))
            );
        }
    }
    assert_eq!(repeated, 32);
    pair.me(&newest.access).await.ok(200);
    pair.clock.advance(Duration::from_secs(7));
    let new = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    pair.refresh(&new.refresh).await.ok(200);
}

#[on_both]
async fn a_late_successor_ends_no_later_than_the_session(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let mut newest = session;
    for _ in 0..4 {
        pair.clock.advance(Duration::from_secs(6 * 86_400));
        newest = Session::of(&pair.refresh(&newest.refresh).await.ok(200));
    }
    // Day 24.
    pair.refresh(&newest.refresh).await.ok(200);
    pair.clock.advance(Duration::from_secs(4 * 86_400));
    let late = pair.refresh(&newest.refresh).await.ok(200);
    assert_eq!(late.body["refresh_expires_in"], 2 * 86_400);
    let access = late.string("access_token");
    assert_eq!(listed(&pair, &access).await.len(), 1);
}
