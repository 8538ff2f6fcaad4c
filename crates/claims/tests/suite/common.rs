//! Shared by all tests: one issuer, one audience, one moment, and helpers.

use std::sync::Arc;
use std::time::Duration;

use claims::remote::{RemoteVerifier, RemoteVerifierBuilder, Timing};
use claims::testing::{FakeIssuer, TestKey, TokenBuilder, key_set};
use claims::{
    AccessToken, Policy, RefreshToken, Rejection, VerifyError, verify_access, verify_refresh,
};

pub(crate) const ISSUER: &str = "https://auth.example";
pub(crate) const AUDIENCE: &str = "users-api";
pub(crate) const NOW: i64 = 1_800_000_000;

/// A good access token, to be made bad in one point.
pub(crate) fn access() -> TokenBuilder {
    TokenBuilder::access(TestKey::FIRST, ISSUER, AUDIENCE, NOW)
}

/// A good refresh token, to be made bad in one point.
pub(crate) fn refresh() -> TokenBuilder {
    TokenBuilder::refresh(TestKey::FIRST, ISSUER, "auth-service", NOW)
}

pub(crate) fn check(token: &str) -> Result<AccessToken, Rejection> {
    let policy = Policy::new(ISSUER, AUDIENCE);
    verify_access(token, &key_set(&[TestKey::FIRST]), &policy, NOW)
}

pub(crate) fn check_refresh(token: &str) -> Result<RefreshToken, Rejection> {
    let policy = Policy::new(ISSUER, "auth-service");
    verify_refresh(token, &key_set(&[TestKey::FIRST]), &policy, NOW)
}

/// Checks a table of bad tokens: a name, the token, and the expected rejection.
#[track_caller]
pub(crate) fn assert_all_rejected(cases: &[(&str, String, Rejection)]) {
    for (name, token, reason) in cases {
        assert_eq!(check(token).map(|_| ()), Err(*reason), "{name}");
    }
}

/// Short durations, so that nothing has to sleep for long.
pub(crate) fn quick() -> Timing {
    let mut timing = Timing::default();
    timing.connect_retry = Duration::from_millis(10);
    timing.connect_retry_max = Duration::from_millis(50);
    timing.keys_timeout = Duration::from_millis(300);
    timing.feed_grace = Duration::from_millis(500);
    timing.feed_pause = Duration::from_millis(10);
    timing.feed_retry = Duration::from_millis(10);
    timing.feed_retry_max = Duration::from_millis(50);
    timing
}

/// A verifier of the fake issuer's tokens at the moment [`NOW`].
pub(crate) fn builder(issuer: &FakeIssuer) -> RemoteVerifierBuilder {
    RemoteVerifier::builder(&issuer.issuer(), AUDIENCE).timing(quick()).now(Arc::new(|| NOW))
}

/// A good access token of the fake issuer.
pub(crate) fn token_of(issuer: &FakeIssuer, key: TestKey) -> TokenBuilder {
    TokenBuilder::access(key, &issuer.issuer(), AUDIENCE, NOW)
}

/// Waits until `condition` holds, for five seconds at most.
#[track_caller]
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        for _ in 0..1000 {
            if condition() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{what} never came true, waited for at {caller}");
    }
}

/// Lets time pass for the background work without sleeping.
pub(crate) async fn skip(duration: Duration) {
    tokio::time::pause();
    tokio::time::advance(duration).await;
    tokio::time::resume();
}

/// Without a revocation feed, and ready.
pub(crate) async fn ready(issuer: &FakeIssuer, timing: Timing) -> RemoteVerifier {
    let verifier = builder(issuer).revocations_url(None).timing(timing).start().unwrap();
    eventually("readiness", || verifier.readiness().is_ok()).await;
    verifier
}

/// The `retry_after` of an answer that has no keys.
pub(crate) fn unavailable(answer: Result<AccessToken, VerifyError>) -> u64 {
    match answer {
        Err(VerifyError::KeysUnavailable { retry_after }) => retry_after,
        other => panic!("expected keys_unavailable, got {other:?}"),
    }
}
