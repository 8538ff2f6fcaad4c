//! The verifier of a service that trusts a remote issuer.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use super::key_cache::{KeyCache, Lookup};
use super::revocations::Revocations;
use super::{NotReady, RemoteStatus, RemoteVerifierBuilder};
use crate::{AccessToken, Policy, UnverifiedToken, VerifyError, VerifyingKey};

/// The wall clock, in Unix seconds.
pub(super) type NowFn = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Verifies access tokens of one issuer with keys and revocations that are kept up to date in the
/// background. Cloning is cheap; the background work ends with the last clone.
///
/// What it returns when it does not accept a token:
///
/// | situation | answer |
/// |---|---|
/// | the token breaks a rule | 401, the rule's [`Rejection`](crate::Rejection) |
/// | no key set has arrived, or the one held is too old | 503 `keys_unavailable` |
/// | `kid` unknown, no request for keys within the cooldown | one request, shared by all waiting callers; then one of the next two rows |
/// | `kid` unknown, and the last request within the cooldown succeeded | 401 `invalid_token` |
/// | `kid` unknown, and the last request within the cooldown failed | 503 `keys_unavailable`: the kid may be new |
/// | the session is revoked | 401 `token_revoked` |
/// | the user's rights changed after the token was signed | 401 `token_stale` |
/// | the feed's first full list is missing, or its last answer too old | 503 `unavailable` |
///
/// All requests for keys that callers cause share one cooldown of 30 s, counted from the attempt. The background work
/// tries more often only where no connection is made, and while there are no keys to verify with.
#[derive(Clone)]
pub struct RemoteVerifier(Arc<VerifierInner>);

pub(super) struct VerifierInner {
    pub(super) policy: Policy,
    pub(super) keys: Arc<KeyCache>,
    pub(super) revocations: Option<Arc<Revocations>>,
    pub(super) now: NowFn,
    pub(super) fresh_ttl: i64,
    /// Dropping the set ends its tasks.
    pub(super) tasks: Mutex<JoinSet<()>>,
}

impl RemoteVerifier {
    /// Sets up a verifier for tokens whose `iss` is `issuer` and whose `aud` contains `audience`.
    pub fn builder(issuer: &str, audience: &str) -> RemoteVerifierBuilder {
        RemoteVerifierBuilder::new(issuer, audience)
    }

    pub(super) fn new(parts: VerifierInner) -> Self {
        Self(Arc::new(parts))
    }

    /// Verifies a token if that needs no waiting. `None` means that its key may be new and the
    /// issuer has to be asked: then call [`verify`](Self::verify).
    pub fn try_verify(&self, token: &str) -> Option<Result<AccessToken, VerifyError>> {
        let unverified = match UnverifiedToken::parse_for(token, &self.0.policy) {
            Ok(unverified) => unverified,
            Err(rejection) => return Some(Err(rejection.into())),
        };
        match self.0.keys.lookup(unverified.unverified_kid()) {
            Lookup::Known(key) => Some(self.verify_with_key(&unverified, &key)),
            Lookup::Failed(error) => Some(Err(error)),
            Lookup::MustFetch => None,
        }
    }

    /// Verifies a token; waits for at most one request for keys. Dropping the future does not affect other callers that
    /// wait.
    ///
    /// # Errors
    /// See the table at [`RemoteVerifier`].
    pub async fn verify(&self, token: &str) -> Result<AccessToken, VerifyError> {
        let unverified = UnverifiedToken::parse_for(token, &self.0.policy)?;
        let kid = unverified.unverified_kid();
        let key = match self.0.keys.lookup(kid) {
            Lookup::Known(key) => key,
            Lookup::Failed(error) => return Err(error),
            Lookup::MustFetch => self.0.keys.fetch_and_look_up(kid).await?,
        };
        self.verify_with_key(&unverified, &key)
    }

    fn verify_with_key(
        &self,
        unverified: &UnverifiedToken<'_>,
        key: &VerifyingKey,
    ) -> Result<AccessToken, VerifyError> {
        let now = self.now();
        let token = unverified.verify_access(key, &self.0.policy, now)?;
        if let Some(revocations) = &self.0.revocations {
            revocations.check(&token, now)?;
        }
        Ok(token)
    }

    /// Whether tokens can be verified: a key set and the full list of revoked sessions have arrived,
    /// neither is too old, and the issuer accepts this verifier's secret.
    ///
    /// # Errors
    /// The reason why not; the one of the keys where both are not ready.
    pub fn readiness(&self) -> Result<(), NotReady> {
        self.keys_readiness().and_then(|()| self.feed_readiness())
    }

    /// The part of [`readiness`](Self::readiness) that concerns the key set.
    ///
    /// # Errors
    /// The reason why not.
    pub fn keys_readiness(&self) -> Result<(), NotReady> {
        self.0.keys.readiness().map_err(|reason| NotReady { reason })
    }

    /// The part of [`readiness`](Self::readiness) that concerns the revocation feed. Without a feed it is ready.
    ///
    /// # Errors
    /// The reason why not.
    pub fn feed_readiness(&self) -> Result<(), NotReady> {
        let feed = self.0.revocations.as_ref().map_or(Ok(()), |feed| feed.readiness());
        feed.map_err(|reason| NotReady { reason })
    }

    /// The state of the background work, for metrics.
    #[must_use]
    pub fn status(&self) -> RemoteStatus {
        let feed = self.0.revocations.as_ref().map(|feed| feed.status());
        RemoteStatus { keys: self.0.keys.status(), feed }
    }

    /// Ends the background work. Tokens are still verified with the keys and revocations that are known, until
    /// these are too old.
    pub fn stop(&self) {
        self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }

    /// The current time of the verifier's clock, in Unix seconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        (self.0.now)()
    }

    /// The number of seconds after `auth_time` for which a fresh token counts as fresh (RFC 9470 `max_age`).
    #[must_use]
    pub fn fresh_ttl(&self) -> i64 {
        self.0.fresh_ttl
    }
}

impl fmt::Debug for RemoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteVerifier").field("policy", &self.0.policy).finish_non_exhaustive()
    }
}

#[cfg(feature = "actix")]
impl crate::actix::Authenticator for RemoteVerifier {
    fn try_authenticate(&self, token: &str) -> Option<Result<AccessToken, VerifyError>> {
        self.try_verify(token)
    }

    fn authenticate(&self, token: String) -> crate::actix::AuthFuture<'_> {
        Box::pin(async move { self.verify(&token).await })
    }

    fn now(&self) -> i64 {
        RemoteVerifier::now(self)
    }

    fn fresh_ttl(&self) -> i64 {
        RemoteVerifier::fresh_ttl(self)
    }
}
