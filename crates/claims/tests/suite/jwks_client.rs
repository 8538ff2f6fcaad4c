//! Keeping a key set: when the verifier requests it, which callers wait, and how calls are answered until it arrives.

use std::time::Duration;

use claims::remote::{BuildError, RemoteVerifier, Timing};
use claims::testing::{Answer, FakeIssuer, TestKey};
use claims::{Rejection, VerifyError};

use crate::common::{builder, eventually, quick, ready, token_of, unavailable};

/// A key set that is refreshed all the time.
fn restless() -> Timing {
    let mut timing = quick();
    timing.min_ttl = Duration::from_millis(30);
    timing.max_ttl = Duration::from_millis(30);
    timing.cooldown = Duration::from_millis(30);
    timing
}

#[tokio::test]
async fn a_known_key_never_asks_the_issuer() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer, quick()).await;
    let token = token_of(&issuer, TestKey::FIRST).sign();
    for _ in 0..500 {
        assert!(verifier.try_verify(&token).expect("no waiting").is_ok());
        assert!(verifier.verify(&token).await.is_ok());
    }
    assert_eq!(issuer.key_requests(), 1);
}

#[tokio::test]
async fn before_the_first_key_set_a_token_that_may_be_good_is_never_answered_401() {
    let issuer = FakeIssuer::start().await;
    issuer.answer_keys(Answer::Hang);
    let verifier = builder(&issuer).start().unwrap();
    assert!(verifier.readiness().is_err());
    let good = token_of(&issuer, TestKey::FIRST).sign();
    assert!(unavailable(verifier.try_verify(&good).unwrap()) >= 1);
    assert!(unavailable(verifier.verify(&good).await) >= 1);
    let bad = verifier.verify("no.token.at-all").await;
    assert_eq!(bad.unwrap_err(), VerifyError::Rejected(Rejection::Malformed));
}

#[tokio::test]
async fn an_issuer_that_comes_up_late_is_found_soon() {
    let mut issuer = FakeIssuer::start().await;
    issuer.go_down().await;
    let verifier = builder(&issuer).revocations_url(None).start().unwrap();
    eventually("a few attempts", || verifier.status().keys.refreshes_failed >= 3).await;
    assert!(verifier.readiness().is_err());
    issuer.come_back().await;
    eventually("readiness", || verifier.readiness().is_ok()).await;
    assert!(verifier.verify(&token_of(&issuer, TestKey::FIRST).sign()).await.is_ok());
}

#[tokio::test]
async fn a_first_fetch_that_fails_is_repeated_soon_and_with_growing_pauses() {
    for bad in [Answer::Close, Answer::status(503), Answer::json("{"), Answer::Stall] {
        let issuer = FakeIssuer::start().await;
        issuer.answer_keys(bad);
        let mut timing = Timing::default();
        timing.keys_timeout = Duration::from_millis(100);
        timing.first_keys_retry = Duration::from_millis(20);
        let verifier = builder(&issuer).revocations_url(None).timing(timing).start().unwrap();
        eventually("three attempts", || verifier.status().keys.refreshes_failed >= 3).await;
        assert!(verifier.readiness().is_err());
        issuer.answer_keys(Answer::Proper);
        eventually("readiness", || verifier.readiness().is_ok()).await;
        let begun: Vec<_> = issuer.requests("/.well-known/jwks.json");
        assert!(begun.len() < 20, "{}", begun.len());
    }
}

#[tokio::test]
async fn keys_are_asked_for_uncompressed() {
    let issuer = FakeIssuer::start().await;
    let _verifier = ready(&issuer, quick()).await;
    let requests = issuer.requests("/.well-known/jwks.json");
    assert_eq!(requests[0].header("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn the_set_is_renewed_in_the_background_by_its_entity_tag() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer, restless()).await;
    eventually("three renewals", || verifier.status().keys.refreshes_ok >= 4).await;
    let requests = issuer.requests("/.well-known/jwks.json");
    assert!(requests[0].header("if-none-match").is_none());
    assert!(requests[1].header("if-none-match").is_some());
    assert!(verifier.verify(&token_of(&issuer, TestKey::FIRST).sign()).await.is_ok());
    let status = verifier.status().keys;
    assert_eq!((status.count, status.refreshes_failed), (1, 0));
    assert_eq!(status.kids, [TestKey::FIRST.kid()]);
}

#[tokio::test]
async fn a_retired_key_is_rejected_after_the_next_renewal() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer, restless()).await;
    issuer.serve_keys(&[TestKey::SECOND]);
    let (old, new) =
        (token_of(&issuer, TestKey::FIRST).sign(), token_of(&issuer, TestKey::SECOND).sign());
    eventually("the new set", || matches!(verifier.try_verify(&new), Some(Ok(_)))).await;
    let rejected = verifier.verify(&old).await;
    assert_eq!(rejected.unwrap_err(), VerifyError::Rejected(Rejection::UnknownKey));
}

#[tokio::test]
async fn known_keys_are_used_while_a_background_renewal_hangs() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer, restless()).await;
    issuer.answer_keys(Answer::Hang);
    let before = issuer.key_requests();
    eventually("a renewal that hangs", || issuer.key_requests() > before).await;
    let token = token_of(&issuer, TestKey::FIRST).sign();
    assert!(verifier.try_verify(&token).expect("no waiting").is_ok());
}

#[tokio::test]
async fn a_set_that_was_not_confirmed_for_too_long_is_no_longer_used() {
    let issuer = FakeIssuer::start().await;
    let start = builder(&issuer).revocations_url(None).timing(restless());
    let verifier = start.keys_max_staleness(Duration::from_millis(200)).start().unwrap();
    eventually("readiness", || verifier.readiness().is_ok()).await;
    issuer.answer_keys(Answer::status(503));
    let token = token_of(&issuer, TestKey::FIRST).sign();
    assert!(verifier.verify(&token).await.is_ok());
    eventually("staleness", || verifier.readiness().is_err()).await;
    unavailable(verifier.verify(&token).await);
    assert_eq!(verifier.readiness().unwrap_err().to_string(), "the key set is too old");
    issuer.answer_keys(Answer::Proper);
    eventually("recovery", || verifier.readiness().is_ok()).await;
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn the_background_work_ends_with_the_last_clone_or_when_stopped() {
    for by_drop in [true, false] {
        let issuer = FakeIssuer::start().await;
        let verifier = ready(&issuer, restless()).await;
        let clone = verifier.clone();
        drop(verifier);
        let before = issuer.key_requests();
        eventually("a renewal for the clone", || issuer.key_requests() > before).await;
        if by_drop {
            drop(clone);
        } else {
            clone.stop();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let after = issuer.key_requests();
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert_eq!(issuer.key_requests(), after, "by drop: {by_drop}");
    }
}

#[tokio::test]
async fn a_stopped_verifier_lets_no_caller_wait_for_ever() {
    let issuer = FakeIssuer::start().await;
    let mut timing = quick();
    timing.cooldown = Duration::ZERO;
    timing.keys_timeout = Duration::from_millis(50);
    let verifier = ready(&issuer, timing).await;
    verifier.stop();
    unavailable(verifier.verify(&token_of(&issuer, TestKey::SECOND).sign()).await);
    assert!(verifier.verify(&token_of(&issuer, TestKey::FIRST).sign()).await.is_ok());
}

#[test]
fn a_verifier_is_not_started_outside_a_runtime_or_with_bad_settings() {
    let start = || RemoteVerifier::builder("http://127.0.0.1:1", "users-api");
    assert_eq!(start().start().unwrap_err(), BuildError::NoRuntime);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    for url in ["", "x", "ftp://h/k", "file:///etc/passwd", "http://", "http://user:pw@h/k"] {
        let rejected = start().jwks_url(url).start();
        assert!(matches!(rejected, Err(BuildError::Url(_))), "{url}");
        let rejected = start().revocations_url(Some(url.to_owned())).start();
        assert!(matches!(rejected, Err(BuildError::Url(_))), "{url}");
    }
    let rejected = start().verifier_identity("a\nb".to_owned(), "s".to_owned()).start();
    assert!(matches!(rejected, Err(BuildError::Header(_))));
}
