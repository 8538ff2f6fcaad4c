//! Tokens whose key id is not in the key set: when the issuer is asked, and who waits for it.

use std::time::Duration;

use claims::testing::{Answer, FakeIssuer, TestKey};
use claims::{Rejection, VerifyError};

use crate::common::{eventually, quick, ready, skip, token_of, unavailable};

#[tokio::test]
async fn an_unknown_kid_waits_for_one_request_shared_by_all() {
    let issuer = FakeIssuer::start().await;
    let mut timing = quick();
    timing.cooldown = Duration::ZERO;
    let verifier = ready(&issuer, timing).await;
    issuer.serve_keys(&[TestKey::FIRST, TestKey::SECOND]);
    issuer.answer_keys(Answer::Proper.slow(Duration::from_millis(100)));
    let token = token_of(&issuer, TestKey::SECOND).sign();
    assert!(verifier.try_verify(&token).is_none(), "the issuer has to be asked");
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let (verifier, token) = (verifier.clone(), token.clone());
            tokio::spawn(async move { verifier.verify(&token).await })
        })
        .collect();
    for answer in waiting {
        assert!(answer.await.unwrap().is_ok());
    }
    assert_eq!(issuer.key_requests(), 2);
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_cancel_the_request_of_others() {
    let issuer = FakeIssuer::start().await;
    let mut timing = quick();
    timing.cooldown = Duration::from_millis(1);
    let verifier = ready(&issuer, timing).await;
    tokio::time::sleep(Duration::from_millis(2)).await;
    issuer.serve_keys(&[TestKey::SECOND]);
    issuer.answer_keys(Answer::Proper.slow(Duration::from_millis(100)));
    let token = token_of(&issuer, TestKey::SECOND).sign();
    let first = tokio::spawn({
        let (verifier, token) = (verifier.clone(), token.clone());
        async move { verifier.verify(&token).await }
    });
    eventually("the request", || issuer.key_requests() == 2).await;
    first.abort();
    assert!(verifier.verify(&token).await.is_ok());
    assert_eq!(issuer.key_requests(), 2);
}

#[tokio::test]
async fn an_unknown_kid_within_the_cooldown_of_a_good_answer_is_rejected_at_once() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer, quick()).await;
    let token = token_of(&issuer, TestKey::SECOND).sign();
    let rejected = verifier.try_verify(&token).expect("no waiting");
    assert_eq!(rejected.unwrap_err(), VerifyError::Rejected(Rejection::UnknownKey));
    assert_eq!(issuer.key_requests(), 1);
}

#[tokio::test]
async fn an_unknown_kid_is_not_blamed_when_the_request_for_it_fails() {
    let issuer = FakeIssuer::start().await;
    let mut timing = quick();
    timing.cooldown = Duration::from_secs(1);
    let verifier = ready(&issuer, timing).await;
    let token = token_of(&issuer, TestKey::SECOND).sign();
    eventually("the end of the cooldown", || verifier.try_verify(&token).is_none()).await;
    issuer.answer_keys(Answer::status(500));
    assert!((1..=2).contains(&unavailable(verifier.verify(&token).await)));
    assert!((1..=2).contains(&unavailable(verifier.try_verify(&token).expect("the cooldown"))));
    assert_eq!(issuer.key_requests(), 2);
    let known = token_of(&issuer, TestKey::FIRST).sign();
    assert!(verifier.verify(&known).await.is_ok(), "known keys serve on");
}

#[tokio::test]
async fn a_kid_that_a_good_answer_lacked_is_asked_for_again_once_in_each_cooldown() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer, quick()).await;
    let token = token_of(&issuer, TestKey::SECOND).sign();
    for requests in 1..=3 {
        for _ in 0..20 {
            let rejected = verifier.verify(&token).await.unwrap_err();
            assert_eq!(rejected, VerifyError::Rejected(Rejection::UnknownKey));
        }
        assert_eq!(issuer.key_requests(), requests);
        skip(Duration::from_secs(30)).await;
    }
}

#[tokio::test]
async fn a_key_published_after_an_answer_without_it_is_accepted_after_one_cooldown() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer, quick()).await;
    let token = token_of(&issuer, TestKey::SECOND).sign();
    skip(Duration::from_secs(30)).await;
    // An attacker guesses the next kid before the rotation, or a cache gives an old set.
    assert!(verifier.verify(&token).await.is_err());
    issuer.serve_keys(&[TestKey::FIRST, TestKey::SECOND]);
    assert!(verifier.verify(&token).await.is_err(), "within the cooldown");
    skip(Duration::from_secs(30)).await;
    assert!(verifier.verify(&token).await.is_ok());
    assert_eq!(issuer.key_requests(), 3);
}
