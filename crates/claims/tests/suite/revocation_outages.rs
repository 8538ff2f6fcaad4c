//! Feeds that answer badly, late or not at all.

use std::time::Duration;

use claims::VerifyError;
use claims::testing::{Answer, FakeIssuer};

use crate::common::{NOW, builder, eventually};
use crate::revocations::{FEED, is_revoked, ready, session};

#[tokio::test]
async fn bad_answers_of_the_feed_change_nothing_and_good_ones_count_again() {
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
async fn while_the_issuer_is_unavailable_tokens_are_accepted_and_the_lag_grows() {
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
    eventually("the rejection", || is_revoked(&verifier, &one)).await;
}

#[tokio::test]
async fn with_a_staleness_limit_tokens_are_rejected_once_the_feed_is_silent_for_too_long() {
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
    let rejected = verifier.try_verify(&one).unwrap().unwrap_err();
    assert!(matches!(rejected, VerifyError::RevocationsUnavailable { .. }));
    issuer.come_back().await;
    eventually("recovery", || verifier.readiness().is_ok()).await;
    assert!(!is_revoked(&verifier, &one));
}

#[tokio::test]
async fn a_restarted_issuer_with_other_cursors_is_still_followed() {
    let issuer = FakeIssuer::start().await;
    issuer.revoke("one", NOW + 960);
    let verifier = ready(&issuer).await;
    issuer.forget_revocations();
    issuer.revoke("two", NOW + 960);
    eventually("the new list", || is_revoked(&verifier, &session(&issuer, "two"))).await;
    assert!(
        is_revoked(&verifier, &session(&issuer, "one")),
        "the issuer lost it, the verifier still knows it"
    );
    assert!(!is_revoked(&verifier, &session(&issuer, "three")));
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
