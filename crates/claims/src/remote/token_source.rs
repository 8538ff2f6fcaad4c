//! Access tokens for a service that calls others (RFC 6749 §4.4).

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tracing::Instrument;

use super::backoff::{backoff, between};
use super::client_credentials::{TokenEndpoint, TokenResponse};
use super::trace::Tracer;
use super::{BuildError, TokenSourceError};

const FIRST_RETRY: Duration = Duration::from_secs(1);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(30);
/// The lifetime of a token whose answer names none (RFC 6749 §5.1 only recommends it).
const DEFAULT_LIFETIME: u64 = 60;
/// A new token is requested at least once a day, even if the current one lives longer.
const MAX_LIFETIME: u64 = 24 * 3600;

/// Gets and keeps an access token for a service account, by the client credentials grant.
///
/// A token is requested when it is first needed, and again in the background once about four fifths of
/// its lifetime have passed; until the new one arrives, callers get the old one as long as it is valid. All callers
/// share one request. Cloning is cheap, clones share the token, and a caller that stops waiting does not
/// affect the others.
#[derive(Clone)]
pub struct TokenSource(Arc<Inner>);

struct Inner {
    endpoint: TokenEndpoint,
    state: Mutex<State>,
    /// Counts finished requests.
    finished_requests: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    current: Option<CurrentToken>,
    in_flight: bool,
    failures: u32,
    /// The last failure, and when trying again makes sense.
    last_error: Option<(TokenSourceError, Instant)>,
}

struct CurrentToken {
    token: Arc<str>,
    renew: Instant,
    expires: Instant,
}

impl TokenSource {
    /// A source for the account `client_id`. `scope` is a space-separated list; if it is empty, the issuer
    /// chooses the scopes (RFC 6749 §3.3).
    ///
    /// # Errors
    /// When the address is malformed or the HTTP client cannot be made.
    pub fn new(
        token_url: &str,
        client_id: &str,
        client_secret: &str,
        scope: &str,
    ) -> Result<Self, BuildError> {
        Ok(Self(Arc::new(Inner {
            endpoint: TokenEndpoint::new(token_url, client_id, client_secret, scope)?,
            state: Mutex::default(),
            finished_requests: watch::Sender::new(0),
        })))
    }

    /// A valid token. Waits only when there is none; must be called in a tokio runtime.
    ///
    /// # Errors
    /// When there is no valid token and the issuer gives none. After a failure, calls return the same error
    /// without a request for 1 s, growing to 30 s with each further failure.
    pub async fn token(&self) -> Result<Arc<str>, TokenSourceError> {
        let mut finished_requests = {
            let mut state = self.0.state();
            let now = Instant::now();
            let current = state.current.as_ref().filter(|current| now < current.expires);
            let renew = current.is_none_or(|current| now >= current.renew);
            let token = current.map(|current| Arc::clone(&current.token));
            let last_error = state.last_error.as_ref().filter(|(_, until)| now < *until);
            let last_error = last_error.map(|(error, _)| error.clone());
            let finished_requests = self.0.finished_requests.subscribe();
            if renew && last_error.is_none() && !state.in_flight {
                state.in_flight = true;
                tokio::spawn(Inner::renew(Arc::clone(&self.0)));
            }
            match (token, last_error) {
                (Some(token), _) => return Ok(token),
                (None, Some(error)) => return Err(error),
                (None, None) => finished_requests,
            }
        };
        // The sender lives in `self`, so the wait ends with the request.
        let _ = finished_requests.changed().await;
        self.0.outcome()
    }

    /// Drops `token`, because a service rejected it; the next call of [`TokenSource::token`] requests another.
    pub fn forget(&self, token: &str) {
        let mut state = self.0.state();
        if state.current.as_ref().is_some_and(|current| *current.token == *token) {
            state.current = None;
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outcome(&self) -> Result<Arc<str>, TokenSourceError> {
        let state = self.state();
        let now = Instant::now();
        match (&state.current, &state.last_error) {
            (Some(current), _) if now < current.expires => Ok(Arc::clone(&current.token)),
            (_, Some((error, _))) => Err(error.clone()),
            _ => Err(expired_at_once()),
        }
    }

    /// One request, in a task of its own, so that it is finished even if all callers stop waiting.
    async fn renew(self: Arc<Self>) {
        let _guard = InFlightGuard(&self);
        let asked = Instant::now();
        // Several callers share this request, so it belongs to no caller's trace.
        let tracer = Tracer::default();
        let mut call = tracer.begin("POST", &self.endpoint.shown_url);
        let span = call.span.clone();
        let answer = self.endpoint.request(&mut call).instrument(span.clone()).await;
        let renewed = answer.and_then(|grant| CurrentToken::new(grant, asked));
        let mut state = self.state();
        match renewed {
            Ok(token) => {
                state.failures = 0;
                state.last_error = None;
                state.current = Some(token);
            }
            Err(error) => {
                let url = &self.endpoint.shown_url;
                span.in_scope(|| tracing::warn!(%url, %error, "could not get an access token"));
                state.failures += 1;
                let pause = backoff(FIRST_RETRY, MAX_RETRY_DELAY, state.failures);
                state.last_error = Some((error, Instant::now() + pause));
            }
        }
    }
}

impl CurrentToken {
    /// The token of an answer to a request that was made at `asked`. One that has expired already is an error: without
    /// the pause after an error, each caller would request another such token.
    fn new(grant: TokenResponse, asked: Instant) -> Result<Self, TokenSourceError> {
        let lifetime = grant.expires_in.unwrap_or(DEFAULT_LIFETIME).min(MAX_LIFETIME);
        let lifetime = Duration::from_secs(lifetime);
        let expires = asked + lifetime;
        if expires <= Instant::now() {
            return Err(expired_at_once());
        }
        let renew = asked + lifetime.mul_f64(between(0.76, 0.84));
        Ok(Self { token: grant.access_token.into(), renew, expires })
    }
}

fn expired_at_once() -> TokenSourceError {
    TokenSourceError::Unavailable("the token expired at once".to_owned())
}

/// Wakes the callers when a request ends, also when its runtime is shut down.
struct InFlightGuard<'a>(&'a Inner);

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        self.0.state().in_flight = false;
        self.0.finished_requests.send_modify(|count| *count += 1);
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource")
            .field("url", &self.0.endpoint.shown_url.as_str())
            .finish_non_exhaustive()
    }
}
