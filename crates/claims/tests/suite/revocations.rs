//! Following the list of revoked sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use claims::remote::RemoteVerifier;
use claims::testing::{Answer, FakeIssuer, TestKey, TokenBuilder};
use claims::{Refusal, Rejection};

use crate::common::{AUDIENCE, NOW, builder, eventually, skip, token_of};

const FEED: &str = "/.well-known/revoked-sessions";

async fn ready(issuer: &FakeIssuer) -> RemoteVerifier {
    let verifier = builder(issuer).start().unwrap();
    eventually("readiness", || verifier.readiness().is_ok()).await;
    verifier
}

fn session(issuer: &FakeIssuer, sid: &str) -> String {
    token_of(issuer, TestKey::FIRST).claim("sid", sid).sign()
}

fn is_revoked(verifier: &RemoteVerifier, token: &str) -> bool {
    match verifier.try_verify(token) {
        Some(Ok(_)) => false,
        Some(Err(Refusal::Rejected(Rejection::Revoked))) => true,
        other => panic!("neither good nor revoked: {other:?}"),
    }
}

#[tokio::test]
async fn a_revoked_session_is_refused_soon_and_no_other() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer).await;
    let (one, two) = (session(&issuer, "one"), session(&issuer, "two"));
    assert!(!is_revoked(&verifier, &one));
    let began = Instant::now();
    issuer.revoke("one", NOW + 960);
    eventually("the refusal", || is_revoked(&verifier, &one)).await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(!is_revoked(&verifier, &two));
}

#[tokio::test]
async fn a_disabled_service_account_is_refused_and_people_of_its_name_are_not() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer).await;
    let url = issuer.issuer();
    let account = TokenBuilder::service(TestKey::FIRST, &url, AUDIENCE, NOW, "reports").sign();
    let person = token_of(&issuer, TestKey::FIRST).claim("sub", "reports").sign();
    issuer.revoke("reports", NOW + 960);
    eventually("the refusal", || is_revoked(&verifier, &account)).await;
    assert!(!is_revoked(&verifier, &person));
}

#[tokio::test]
async fn nothing_is_accepted_before_the_first_full_list() {
    let issuer = FakeIssuer::start().await;
    issuer.answer_feed(Answer::Hang);
    issuer.revoke("one", NOW + 960);
    let verifier = builder(&issuer).start().unwrap();
    eventually("the keys", || verifier.status().keys.count == 1).await;
    let good = session(&issuer, "two");
    let refused = verifier.try_verify(&good).unwrap().unwrap_err();
    assert!(matches!(refused, Refusal::RevocationsUnavailable { .. }));
    assert!(verifier.readiness().is_err());
    let bad = token_of(&issuer, TestKey::FIRST).claim("exp", 1).sign();
    let refused = verifier.try_verify(&bad).unwrap().unwrap_err();
    assert_eq!(refused, Refusal::Rejected(Rejection::Expired), "a bad token is a bad token");
    issuer.answer_feed(Answer::Proper);
    eventually("readiness", || verifier.readiness().is_ok()).await;
    assert!(is_revoked(&verifier, &session(&issuer, "one")));
    assert!(!is_revoked(&verifier, &good));
}

#[tokio::test]
async fn a_full_list_of_many_pages_counts_when_its_last_page_is_in() {
    let issuer = FakeIssuer::start().await;
    issuer.set_page_size(100);
    for n in 0..1_050 {
        issuer.revoke(&format!("s{n}"), NOW + 960);
    }
    let verifier = ready(&issuer).await;
    assert_eq!(verifier.status().feed.unwrap().entries, 1_050);
    assert!(is_revoked(&verifier, &session(&issuer, "s0")));
    assert!(is_revoked(&verifier, &session(&issuer, "s1049")));
    assert!(!is_revoked(&verifier, &session(&issuer, "s1050")));
    let requests = issuer.requests(FEED);
    assert!(requests.len() >= 11);
    assert!(requests[..11].iter().all(|request| request.target.contains("wait=0")));
    eventually("a long poll", || {
        issuer.requests(FEED).last().is_some_and(|request| request.target.contains("wait=25"))
    })
    .await;
}

#[tokio::test]
async fn a_reset_replaces_the_list_and_lets_nothing_through_meanwhile() {
    let issuer = FakeIssuer::start().await;
    issuer.revoke("one", NOW + 960);
    issuer.revoke("two", NOW + 960);
    let verifier = ready(&issuer).await;
    let (one, two) = (session(&issuer, "one"), session(&issuer, "two"));
    issuer.set_page_size(1);
    issuer.forget_revocations();
    issuer.revoke("two", NOW + 960);
    issuer.revoke("three", NOW + 960);
    let three = session(&issuer, "three");
    eventually("the new list", || {
        assert!(is_revoked(&verifier, &two), "on both lists");
        !is_revoked(&verifier, &one)
    })
    .await;
    assert!(is_revoked(&verifier, &three));
}

#[tokio::test]
async fn bad_answers_of_the_feed_change_nothing_and_are_got_over() {
    let issuer = FakeIssuer::start().await;
    issuer.revoke("one", NOW + 960);
    let verifier = ready(&issuer).await;
    let (one, two) = (session(&issuer, "one"), session(&issuer, "two"));
    let bad = [
        Answer::status(500),
        Answer::status(401),
        Answer::Close,
        Answer::json("{}"),
        Answer::json("[]"),
        Answer::typed("text/html", "<html></html>"),
        Answer::json(r#"{"cursor":"x","reset":true,"more":false,"revoked":[{"sid":1,"until":2}]}"#),
        Answer::json(r#"{"cursor":"x","reset":true,"more":false,"revoked":"#),
        Answer::json(" ".repeat(5_000_000)),
        Answer::redirect("http://127.0.0.1:1/"),
    ];
    for answer in bad {
        let before = verifier.status().feed.unwrap().polls_failed;
        issuer.answer_feed(answer.clone());
        // The poll that is being held still gets its proper answer.
        issuer.revoke("another", NOW + 960);
        eventually("two failures", || verifier.status().feed.unwrap().polls_failed >= before + 2)
            .await;
        assert!(is_revoked(&verifier, &one), "{answer:?}");
        assert!(!is_revoked(&verifier, &two), "{answer:?}");
        assert!(!verifier.status().feed.unwrap().connected);
    }
    issuer.answer_feed(Answer::Proper);
    issuer.revoke("two", NOW + 960);
    eventually("recovery", || is_revoked(&verifier, &two)).await;
    assert!(verifier.status().feed.unwrap().connected);
}

#[tokio::test]
async fn a_feed_that_does_not_begin_with_a_full_list_is_not_believed() {
    let issuer = FakeIssuer::start().await;
    let page = r#"{"cursor":"x","reset":false,"more":false,"revoked":[]}"#;
    issuer.answer_feed(Answer::json(page));
    let verifier = builder(&issuer).start().unwrap();
    eventually("failures", || verifier.status().feed.unwrap().polls_failed >= 2).await;
    assert!(verifier.readiness().is_err());
}

#[tokio::test]
async fn a_feed_that_does_not_advance_is_not_asked_in_a_tight_loop() {
    let issuer = FakeIssuer::start().await;
    let page = r#"{"cursor":"x","reset":true,"more":true,"revoked":[]}"#;
    issuer.answer_feed(Answer::json(page));
    let verifier = builder(&issuer).start().unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(verifier.readiness().is_err());
    assert!(issuer.requests(FEED).len() < 40);
}

#[tokio::test]
async fn a_feed_that_holds_no_polls_is_not_asked_in_a_tight_loop() {
    let issuer = FakeIssuer::start().await;
    let page = r#"{"cursor":"x","reset":true,"more":false,"revoked":[]}"#;
    issuer.answer_feed(Answer::json(page));
    let verifier = ready(&issuer).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(issuer.requests(FEED).len() < 60, "at most one in 7 ms, as these tests are set");
    assert!(verifier.readiness().is_ok());
}

#[tokio::test]
async fn with_the_issuer_away_tokens_are_served_on_and_the_lag_is_told() {
    let mut issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer).await;
    let one = session(&issuer, "one");
    issuer.go_down().await;
    eventually("the loss", || !verifier.status().feed.unwrap().connected).await;
    eventually("some lag", || verifier.status().feed.unwrap().lag > 0.1).await;
    assert!(verifier.readiness().is_ok());
    assert!(!is_revoked(&verifier, &one));
    issuer.revoke("one", NOW + 960);
    issuer.come_back().await;
    eventually("the refusal", || is_revoked(&verifier, &one)).await;
}

#[tokio::test]
async fn a_limit_on_staleness_refuses_once_the_feed_is_silent_for_too_long() {
    let mut issuer = FakeIssuer::start().await;
    let limit = Some(Duration::from_millis(400));
    let verifier = builder(&issuer).revocation_max_staleness(limit).start().unwrap();
    eventually("readiness", || verifier.readiness().is_ok()).await;
    let one = session(&issuer, "one");
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(verifier.readiness().is_ok(), "an idle feed is not a dead one");
    }
    issuer.go_down().await;
    eventually("staleness", || verifier.readiness().is_err()).await;
    let refused = verifier.try_verify(&one).unwrap().unwrap_err();
    assert!(matches!(refused, Refusal::RevocationsUnavailable { .. }));
    issuer.come_back().await;
    eventually("recovery", || verifier.readiness().is_ok()).await;
    assert!(!is_revoked(&verifier, &one));
}

#[tokio::test]
async fn a_restarted_issuer_with_other_cursors_is_followed_on() {
    let issuer = FakeIssuer::start().await;
    issuer.revoke("one", NOW + 960);
    let verifier = ready(&issuer).await;
    issuer.forget_revocations();
    issuer.revoke("two", NOW + 960);
    eventually("the new list", || is_revoked(&verifier, &session(&issuer, "two"))).await;
    assert!(!is_revoked(&verifier, &session(&issuer, "one")));
}

#[tokio::test]
async fn a_poll_that_hangs_is_dropped_and_tried_again() {
    let issuer = FakeIssuer::start().await;
    issuer.answer_feed(Answer::Hang);
    let verifier = builder(&issuer).start().unwrap();
    eventually("the drop", || verifier.status().feed.unwrap().polls_failed >= 1).await;
    issuer.answer_feed(Answer::Proper);
    eventually("readiness", || verifier.readiness().is_ok()).await;
}

#[tokio::test]
async fn what_ended_long_ago_is_dropped() {
    let issuer = FakeIssuer::start().await;
    let clock = Arc::new(AtomicI64::new(NOW));
    let now = Arc::clone(&clock);
    let verifier = builder(&issuer).now(Arc::new(move || now.load(Ordering::Relaxed)));
    let verifier = verifier.start().unwrap();
    issuer.revoke("one", NOW + 960);
    let entries = || verifier.status().feed.unwrap().entries;
    eventually("the entry", || entries() == 1).await;
    clock.store(NOW + 960 + 601, Ordering::Relaxed);
    skip(Duration::from_secs(61)).await;
    issuer.revoke("two", NOW + 9600);
    issuer.revoke("three", NOW + 9600);
    eventually("the exchange", || entries() == 2).await;
}

#[tokio::test]
async fn an_issuer_without_a_feed_is_not_asked_for_one() {
    let issuer = FakeIssuer::start().await;
    let verifier = builder(&issuer).revocations_url(None).start().unwrap();
    eventually("readiness", || verifier.readiness().is_ok()).await;
    assert!(verifier.status().feed.is_none());
    assert!(!is_revoked(&verifier, &session(&issuer, "one")));
    assert!(issuer.requests(FEED).is_empty());
}

#[tokio::test]
async fn a_report_tells_the_issuer_who_holds_which_keys() {
    let issuer = FakeIssuer::start().await;
    issuer.serve_keys(&[TestKey::FIRST, TestKey::SECOND]);
    let verifier = builder(&issuer)
        .verifier_report("users-api-1".to_owned(), "shared secret".to_owned())
        .start()
        .unwrap();
    eventually("readiness", || verifier.readiness().is_ok()).await;
    issuer.revoke("one", NOW + 960);
    eventually("two polls", || issuer.requests(FEED).len() >= 3).await;
    let last = issuer.requests(FEED).pop().unwrap();
    assert_eq!(last.header("verifier-id"), Some("users-api-1"));
    assert_eq!(last.header("authorization"), Some("Bearer shared secret"));
    let mut kids = [TestKey::FIRST.kid(), TestKey::SECOND.kid()];
    kids.sort_unstable();
    assert_eq!(last.header("verifier-kids"), Some(kids.join(" ").as_str()));
    let keys = issuer.requests("/.well-known/jwks.json");
    assert!(keys[0].header("authorization").is_none(), "the secret goes to the feed alone");
}
