//! Issuers that answer badly, and callers who make the verifier ask.

use std::time::{Duration, Instant};

use claims::remote::{RemoteVerifier, Timing};
use claims::testing::{Answer, FakeIssuer, TestKey, TokenBuilder, jwk_set};
use claims::{Jwk, Rejection, VerifyError};
use serde_json::json;

use crate::common::{builder, eventually, quick, skip, token_of};

/// Renews the set all the time.
pub(crate) fn restless() -> Timing {
    let mut timing = quick();
    timing.min_ttl = Duration::from_millis(20);
    timing.max_ttl = Duration::from_millis(20);
    timing.cooldown = Duration::from_millis(20);
    timing.keys_timeout = Duration::from_millis(100);
    timing
}

async fn start(issuer: &FakeIssuer, timing: Timing) -> RemoteVerifier {
    builder(issuer).revocations_url(None).timing(timing).start().unwrap()
}

pub(crate) async fn ready(issuer: &FakeIssuer, timing: Timing) -> RemoteVerifier {
    let verifier = start(issuer, timing).await;
    eventually("readiness", || verifier.readiness().is_ok()).await;
    verifier
}

/// Answers that must never replace a good set.
fn bad_answers(elsewhere: &str) -> Vec<(&'static str, Answer)> {
    let good = json!(jwk_set(&[TestKey::SECOND]));
    let weak = json!({"keys": [
        Jwk::rsa(&[0xC3; 128], &[1, 0, 1]),
        {"kty": "oct", "kid": "x", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "y", "use": "enc", "n": TestKey::SECOND.jwk().n, "e": "AQAB"},
    ]});
    let padding = " ".repeat(10_000_000);
    vec![
        ("an empty body", Answer::json("")),
        ("an empty object", Answer::json("{}")),
        ("an empty set", Answer::json(r#"{"keys":[]}"#)),
        ("an HTML page", Answer::typed("text/html", "<html>Sign in</html>")),
        ("an HTML page named JSON", Answer::json("<html>Sign in</html>")),
        ("a good set named HTML", Answer::typed("text/html; charset=utf-8", good.to_string())),
        ("a good set named text", Answer::typed("text/plain", good.to_string())),
        ("10 MB", Answer::json(good.to_string() + &padding)),
        (
            "10 MB without a length",
            Answer::json(good.to_string() + &padding).with_header("Transfer-Encoding", "chunked"),
        ),
        (
            "one byte over 64 KiB",
            Answer::json(good.to_string() + &padding[..65_537 - good.to_string().len()]),
        ),
        ("a redirect", Answer::redirect(elsewhere)),
        ("status 500 with a good set", with_status(500, &good.to_string())),
        ("status 203 with a good set", with_status(203, &good.to_string())),
        ("status 204", with_status(204, "")),
        ("an unrequested 304", Answer::Always { status: 304, headers: vec![], body: vec![] }),
        ("unusable keys only", Answer::json(weak.to_string())),
        (
            "a compressed set",
            Answer::json(good.to_string()).with_header("Content-Encoding", "gzip"),
        ),
        ("half a set", Answer::json(&good.to_string()[..200])),
        ("silence", Answer::Hang),
        ("silence after the head", Answer::Stall),
        ("a closed connection", Answer::Close),
        ("a good set, too late", Answer::json(good.to_string()).slow(Duration::from_millis(400))),
    ]
}

fn with_status(status: u16, body: &str) -> Answer {
    match Answer::json(body) {
        Answer::Always { headers, body, .. } => Answer::Always { status, headers, body },
        other => other,
    }
}

#[tokio::test]
async fn no_bad_answer_evicts_the_last_good_set() {
    let issuer = FakeIssuer::start().await;
    let elsewhere = FakeIssuer::start().await;
    elsewhere.serve_keys(&[TestKey::SECOND]);
    let verifier = ready(&issuer, restless()).await;
    let good = token_of(&issuer, TestKey::FIRST).sign();
    let impostor = token_of(&issuer, TestKey::SECOND).sign();
    let target = elsewhere.issuer() + "/.well-known/jwks.json";
    for (name, answer) in bad_answers(&target) {
        // An unrequested 304 is only bad where no tag was sent, which the next test covers.
        if name == "an unrequested 304" {
            continue;
        }
        let before = verifier.status().keys.refreshes_failed;
        issuer.answer_keys(answer);
        eventually(name, || verifier.status().keys.refreshes_failed >= before + 2).await;
        assert!(verifier.verify(&good).await.is_ok(), "{name}");
        assert!(verifier.verify(&impostor).await.is_err(), "{name}");
    }
    assert_eq!(elsewhere.key_requests(), 0, "redirects are not followed");
    issuer.answer_keys(Answer::Proper);
    issuer.serve_keys(&[TestKey::SECOND]);
    eventually("recovery", || matches!(verifier.try_verify(&impostor), Some(Ok(_)))).await;
}

#[tokio::test]
async fn no_bad_first_answer_makes_a_verifier_ready() {
    for (name, answer) in bad_answers("http://127.0.0.1:1/") {
        let issuer = FakeIssuer::start().await;
        issuer.answer_keys(answer);
        let verifier = start(&issuer, restless()).await;
        eventually(name, || verifier.status().keys.refreshes_failed >= 1).await;
        assert!(verifier.readiness().is_err(), "{name}");
        let token = token_of(&issuer, TestKey::SECOND).sign();
        let rejected = verifier.verify(&token).await.unwrap_err();
        assert!(matches!(rejected, VerifyError::KeysUnavailable { .. }), "{name}: {rejected:?}");
    }
}

#[tokio::test]
async fn bad_keys_are_skipped_one_by_one() {
    let issuer = FakeIssuer::start().await;
    let weak = Jwk::rsa(&[0xC3; 128], &[1, 0, 1]);
    let mut enc = TestKey::THIRD.jwk();
    enc.use_ = Some("enc".to_owned());
    let keys = json!({"keys": [weak, enc, {"kty": "oct", "k": "AQ"}, 7, TestKey::FIRST.jwk()]});
    issuer.answer_keys(Answer::json(keys.to_string()));
    let verifier = ready(&issuer, quick()).await;
    assert!(verifier.verify(&token_of(&issuer, TestKey::FIRST).sign()).await.is_ok());
    let rejected = verifier.verify(&token_of(&issuer, TestKey::THIRD).sign()).await;
    assert_eq!(rejected.unwrap_err(), VerifyError::Rejected(Rejection::UnknownKey));
    assert_eq!(verifier.status().keys.count, 1);
}

/// Tokens with new kids. Their signatures are never looked at, so one will do.
fn tokens_with_unknown_kids(issuer: &FakeIssuer, count: usize) -> Vec<String> {
    let token: TokenBuilder = token_of(issuer, TestKey::THIRD);
    (0..count).map(|n| token.clone().header("kid", format!("stranger-{n}")).unsigned()).collect()
}

#[tokio::test]
async fn five_thousand_random_kids_cause_no_request_within_the_cooldown() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer, quick()).await;
    let good = token_of(&issuer, TestKey::FIRST).sign();
    for stranger in tokens_with_unknown_kids(&issuer, 5_000) {
        let rejected = verifier.verify(&stranger).await.unwrap_err();
        assert_eq!(rejected, VerifyError::Rejected(Rejection::UnknownKey));
        assert!(verifier.try_verify(&good).expect("no waiting").is_ok());
    }
    assert_eq!(issuer.key_requests(), 1);
}

#[tokio::test]
async fn five_thousand_random_kids_before_the_first_set_cause_one_request() {
    for answer in [Answer::status(500), Answer::json("{}"), Answer::Hang, Answer::Close] {
        let issuer = FakeIssuer::start().await;
        issuer.answer_keys(answer);
        let mut timing = quick();
        // Requests that the verifier makes by itself have their own test. Here only callers could cause one.
        timing.first_keys_retry = timing.cooldown;
        let verifier = start(&issuer, timing).await;
        for stranger in tokens_with_unknown_kids(&issuer, 5_000) {
            let rejected = verifier.verify(&stranger).await.unwrap_err();
            assert!(matches!(rejected, VerifyError::KeysUnavailable { .. }));
        }
        eventually("the end of it", || verifier.status().keys.refreshes_failed > 0).await;
        assert_eq!(issuer.key_requests(), 1);
    }
}

#[tokio::test]
async fn random_kids_during_a_rotation_harm_no_valid_token() {
    let issuer = FakeIssuer::start().await;
    let mut timing = quick();
    timing.cooldown = Duration::from_millis(200);
    let verifier = ready(&issuer, timing).await;
    let began = Instant::now();
    let old = token_of(&issuer, TestKey::FIRST).sign();
    let new = token_of(&issuer, TestKey::SECOND).sign();
    let mut new_works_after = None;
    for (n, stranger) in tokens_with_unknown_kids(&issuer, 5_000).iter().enumerate() {
        if n == 1_000 {
            issuer.serve_keys(&[TestKey::FIRST, TestKey::SECOND]);
        }
        assert!(verifier.verify(stranger).await.is_err());
        assert!(verifier.verify(&old).await.is_ok(), "the old key, at {n}");
        if n > 1_000 && new_works_after.is_none() && verifier.verify(&new).await.is_ok() {
            new_works_after = Some(n);
        }
        if n % 20 == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    assert!(new_works_after.is_some(), "the new key works");
    let allowed = 2 + began.elapsed().as_millis() / 200;
    let made = issuer.key_requests() as u128;
    assert!(made <= allowed, "{made} requests, {allowed} allowed");
}

#[tokio::test]
async fn random_kids_for_a_minute_cause_one_request_in_thirty_seconds() {
    let issuer = FakeIssuer::start().await;
    let strangers = tokens_with_unknown_kids(&issuer, 6_000);
    let verifier = builder(&issuer).revocations_url(None).timing(Timing::default());
    let verifier = verifier.start().unwrap();
    eventually("readiness", || verifier.readiness().is_ok()).await;
    let began = tokio::time::Instant::now();
    let good = token_of(&issuer, TestKey::FIRST).sign();
    let new = token_of(&issuer, TestKey::SECOND).sign();
    for (second, tokens) in strangers.chunks(100).enumerate() {
        if second == 20 {
            issuer.serve_keys(&[TestKey::FIRST, TestKey::SECOND]);
        }
        for stranger in tokens {
            assert!(verifier.verify(stranger).await.is_err());
        }
        assert!(verifier.verify(&good).await.is_ok(), "at second {second}");
        assert_eq!(verifier.verify(&new).await.is_ok(), second >= 30, "at second {second}");
        // The time that the calls took counts too, so only the rest of the second is skipped.
        let next = began + Duration::from_secs(second as u64 + 1);
        skip(next.saturating_duration_since(tokio::time::Instant::now())).await;
    }
    assert_eq!(issuer.key_requests(), 2);
}
