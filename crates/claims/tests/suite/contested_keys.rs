//! Key sets that dispute a key in use: another key under its id, or its private half in public.

use claims::testing::{Answer, FakeIssuer, TestKey};
use claims::{Rejection, VerifyError};
use serde_json::json;

use crate::common::{eventually, token_of};
use crate::jwks_attacks::{ready, restless};

#[tokio::test]
async fn a_second_key_under_a_known_kid_does_not_replace_the_first() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer, restless()).await;
    let mut impostor = TestKey::SECOND.jwk();
    impostor.kid = Some(TestKey::FIRST.kid());
    let keys = json!({"keys": [impostor, TestKey::FIRST.jwk(), TestKey::THIRD.jwk()]});
    issuer.answer_keys(Answer::json(keys.to_string()));
    let third = token_of(&issuer, TestKey::THIRD).sign();
    eventually("the new set", || matches!(verifier.try_verify(&third), Some(Ok(_)))).await;
    assert!(verifier.verify(&token_of(&issuer, TestKey::FIRST).sign()).await.is_ok());
    let forged = token_of(&issuer, TestKey::SECOND).header("kid", TestKey::FIRST.kid());
    let rejected = verifier.verify(&forged.sign()).await;
    assert_eq!(rejected.unwrap_err(), VerifyError::Rejected(Rejection::BadSignature));
}

#[tokio::test]
async fn two_keys_under_the_only_kid_leave_the_one_that_was_in_use() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer, restless()).await;
    let mut impostor = TestKey::SECOND.jwk();
    impostor.kid = Some(TestKey::FIRST.kid());
    let keys = json!({"keys": [impostor, TestKey::FIRST.jwk()]});
    issuer.answer_keys(Answer::json(keys.to_string()).with_header("ETag", "\"two\""));
    eventually("the answer is taken", || {
        let requests = issuer.requests("/.well-known/jwks.json");
        requests.last().is_some_and(|last| last.header("if-none-match") == Some("\"two\""))
    })
    .await;
    assert!(verifier.verify(&token_of(&issuer, TestKey::FIRST).sign()).await.is_ok());
    assert_eq!(verifier.status().keys.refreshes_failed, 0);
}

/// A key set that publishes the private half of the first key, and other keys as they should be.
fn leaking_set(others: &[TestKey]) -> Answer {
    let mut leaked = json!(TestKey::FIRST.jwk());
    leaked["d"] = json!("AQAB");
    leaked["kid"] = json!("under another name");
    let others = others.iter().map(|key| json!(key.jwk()));
    let keys: Vec<_> = std::iter::once(leaked).chain(others).collect();
    Answer::json(json!({ "keys": keys }).to_string())
}

#[tokio::test]
async fn a_key_whose_private_half_gets_published_is_no_longer_trusted_and_without_others_calls_are_503()
 {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer, restless()).await;
    let token = token_of(&issuer, TestKey::FIRST).sign();
    issuer.answer_keys(leaking_set(&[]));
    eventually("the withdrawal", || verifier.readiness().is_err()).await;
    for answer in [verifier.try_verify(&token).expect("no waiting"), verifier.verify(&token).await]
    {
        assert!(matches!(answer, Err(VerifyError::KeysUnavailable { .. })), "{answer:?}");
    }
    // The set from before the leak is asked for as a whole, not as "unchanged".
    issuer.answer_keys(Answer::Proper);
    eventually("recovery", || verifier.readiness().is_ok()).await;
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn a_published_private_half_takes_no_other_key() {
    let issuer = FakeIssuer::start().await;
    issuer.serve_keys(&[TestKey::FIRST, TestKey::SECOND]);
    let [first, second] =
        [TestKey::FIRST, TestKey::SECOND].map(|key| token_of(&issuer, key).sign());
    for others in [&[][..], &[TestKey::SECOND], &[TestKey::FIRST, TestKey::SECOND]] {
        issuer.answer_keys(Answer::Proper);
        let verifier = ready(&issuer, restless()).await;
        assert!(verifier.verify(&first).await.is_ok());
        issuer.answer_keys(leaking_set(others));
        eventually("the withdrawal", || matches!(verifier.try_verify(&first), Some(Err(_)) | None))
            .await;
        assert!(verifier.verify(&first).await.is_err(), "{others:?}");
        assert!(verifier.verify(&second).await.is_ok(), "{others:?}");
    }
}
