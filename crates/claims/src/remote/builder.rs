//! Settings of a remote verifier, and its start.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::http::{client, parse_url};
use super::jwks_refresh_task::refresh_keys;
use super::key_cache::KeyCache;
use super::revocation_poller::{IdentityHeaders, RevocationPoller};
use super::revocations::Revocations;
use super::trace::{CallTracer, Tracer};
use super::verifier::{NowFn, VerifierInner};
use super::{RemoteVerifier, Timing};
use crate::Policy;

/// Why a verifier or a token source could not be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The named address is not an http or https URL, or it carries credentials.
    #[error("{0} is not an http or https URL without credentials")]
    Url(&'static str),
    /// The named text cannot be sent in an HTTP header.
    #[error("{0} cannot be sent in an HTTP header")]
    Header(&'static str),
    /// The HTTP client could not be made, for instance because there are no root certificates.
    #[error("the HTTP client could not be made: {0}")]
    Client(String),
    /// `start` was called outside a tokio runtime.
    #[error("not called inside a tokio runtime")]
    NoRuntime,
}

/// Sets up a [`RemoteVerifier`]; made by [`RemoteVerifier::builder`].
#[must_use]
pub struct RemoteVerifierBuilder {
    jwks_url: String,
    revocations_url: Option<String>,
    keys_max_staleness: Duration,
    revocation_max_staleness: Option<Duration>,
    fresh_ttl: Duration,
    now: NowFn,
    policy: Policy,
    identity: Option<VerifierIdentity>,
    timing: Timing,
    tracer: Tracer,
}

impl RemoteVerifierBuilder {
    pub(super) fn new(issuer: &str, audience: &str) -> Self {
        let base = issuer.trim_end_matches('/');
        Self {
            jwks_url: format!("{base}/.well-known/jwks.json"),
            revocations_url: Some(format!("{base}/.well-known/revoked-sessions")),
            keys_max_staleness: Duration::from_secs(3600),
            revocation_max_staleness: None,
            fresh_ttl: Duration::from_secs(300),
            now: Arc::new(wall_clock),
            policy: Policy::new(issuer, audience),
            identity: None,
            timing: Timing::default(),
            tracer: Tracer::default(),
        }
    }

    /// The URL of the key set. Default `{issuer}/.well-known/jwks.json`.
    pub fn jwks_url(mut self, url: impl Into<String>) -> Self {
        self.jwks_url = url.into();
        self
    }

    /// The URL of the revocation feed; `None` for issuers that have none. Default
    /// `{issuer}/.well-known/revoked-sessions`.
    pub fn revocations_url(mut self, url: Option<String>) -> Self {
        self.revocations_url = url;
        self
    }

    /// How long a key set is used without the issuer confirming it. Default 1 h.
    pub fn keys_max_staleness(mut self, limit: Duration) -> Self {
        self.keys_max_staleness = limit;
        self
    }

    /// How long tokens are accepted after the last answer of the feed, or after the start if none came.
    /// `None`, the default, sets no limit: while the feed cannot be read, tokens of ended sessions are accepted until
    /// they expire. With a limit, the issuer is asked to hold polls for at most half of it, so that an idle feed is not
    /// taken for a broken one.
    pub fn revocation_max_staleness(mut self, limit: Option<Duration>) -> Self {
        self.revocation_max_staleness = limit;
        self
    }

    /// For how long after `auth_time` a fresh token counts as fresh. Default 5 min.
    pub fn fresh_ttl(mut self, ttl: Duration) -> Self {
        self.fresh_ttl = ttl;
        self
    }

    /// The clock: a function that returns the time in Unix seconds. Default: the system's clock.
    pub fn now(mut self, clock: Arc<dyn Fn() -> i64 + Send + Sync>) -> Self {
        self.now = clock;
        self
    }

    /// Which tokens are accepted. Default: [`Policy::new`] with the issuer and the audience.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Reports to the issuer, with each poll of the feed, which keys this verifier holds. `name` is sent in the
    /// header `Verifier-Id`, `secret` as a Bearer token in `Authorization`, and the ids of the keys in
    /// `Verifier-Kids`. Default: nothing is reported.
    pub fn verifier_identity(mut self, name: String, secret: String) -> Self {
        self.identity = Some(VerifierIdentity { name, secret });
        self
    }

    /// Records the calls to the issuer. Default: calls are not recorded; they carry a `traceparent` (W3C Trace
    /// Context) with the sampled flag off.
    pub fn tracer(mut self, tracer: Arc<dyn CallTracer>) -> Self {
        self.tracer = Tracer(Some(tracer));
        self
    }

    /// Durations of the background work, other than the defaults; for tests.
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// Starts the background work on the current tokio runtime. It ends with the last clone of the
    /// verifier, or with [`RemoteVerifier::stop`].
    ///
    /// Does not wait for keys: see [`RemoteVerifier::readiness`].
    ///
    /// # Errors
    /// When an address or a header is malformed, the HTTP client cannot be made, or there is no
    /// runtime.
    pub fn start(self) -> Result<RemoteVerifier, BuildError> {
        let runtime = Handle::try_current().map_err(|_| BuildError::NoRuntime)?;
        let jwks_url = parse_url("the key set's address", &self.jwks_url)?;
        let feed_url = self.revocations_url.as_deref();
        let feed_url = feed_url.map(|url| parse_url("the feed's address", url)).transpose()?;
        let identity = self.identity.as_ref().map(VerifierIdentity::headers).transpose()?;
        let client = client([&jwks_url].into_iter().chain(&feed_url))?;

        let keys = Arc::new(KeyCache::new(self.timing.clone(), self.keys_max_staleness));
        let mut tasks = JoinSet::new();
        let tracer = self.tracer.clone();
        tasks.spawn_on(refresh_keys(Arc::clone(&keys), client.clone(), jwks_url, tracer), &runtime);
        let revocations = feed_url.map(|url| {
            let revocations = Revocations::new(self.revocation_max_staleness, &self.policy);
            let revocations = Arc::new(revocations);
            let poller = RevocationPoller {
                client,
                url,
                timing: self.feed_timing(),
                now: Arc::clone(&self.now),
                revocations: Arc::clone(&revocations),
                keys: Arc::clone(&keys),
                identity,
                tracer: self.tracer.clone(),
            };
            tasks.spawn_on(poller.run(), &runtime);
            revocations
        });
        let fresh_ttl = i64::try_from(self.fresh_ttl.as_secs()).unwrap_or(i64::MAX);
        let Self { policy, now, .. } = self;
        let tasks = Mutex::new(tasks);
        Ok(RemoteVerifier::new(VerifierInner { policy, keys, revocations, now, fresh_ttl, tasks }))
    }

    fn feed_timing(&self) -> Timing {
        let mut timing = self.timing.clone();
        if let Some(limit) = self.revocation_max_staleness {
            timing.feed_wait = timing.feed_wait.min(limit / 2);
        }
        timing
    }
}

/// The name under which a verifier reports to the issuer, and the secret that both share.
struct VerifierIdentity {
    name: String,
    secret: String,
}

impl VerifierIdentity {
    fn headers(&self) -> Result<IdentityHeaders, BuildError> {
        let name = HeaderValue::from_str(&self.name)
            .map_err(|_| BuildError::Header("the verifier's name"))?;
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", self.secret))
            .map_err(|_| BuildError::Header("the verifier's secret"))?;
        authorization.set_sensitive(true);
        Ok(IdentityHeaders { name, authorization })
    }
}

#[expect(clippy::disallowed_methods, reason = "the one default for callers without a clock")]
fn wall_clock() -> i64 {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_epoch.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
