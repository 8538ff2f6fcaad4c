//! Access tokens for a service that calls others (RFC 6749 §4.4).

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::{Serializer, byte_serialize};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::Instant;

use super::BuildError;
use super::backoff::{backoff, between};
use super::http::{FetchError, client, is_json, parse_url, read_body};

const MAX_BYTES: usize = 64 * 1024;
const TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(30);
/// The lifetime of a token whose answer names none (RFC 6749 §5.1 only recommends it).
const DEFAULT_LIFETIME: u64 = 60;
/// A token is asked for anew at least once a day, whatever lifetime its answer names.
const LONGEST_LIFETIME: u64 = 24 * 3600;

/// Gets and keeps an access token for a service account, by the client credentials grant.
///
/// A token is asked for when it is first needed and again once four fifths of its lifetime have
/// passed, in the background and once for all callers; the old one is handed out meanwhile, as
/// long as it is valid. Cloning is cheap, clones share the token, and a caller that gives up
/// waiting takes nothing from the others.
#[derive(Clone)]
pub struct TokenSource(Arc<Inner>);

struct Inner {
    client: Client,
    url: Url,
    authorization: HeaderValue,
    body: String,
    state: Mutex<State>,
    /// Counts finished requests.
    rounds: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    in_flight: bool,
    failures: u32,
    /// The last failure, and when trying again makes sense.
    trouble: Option<(TokenSourceError, Instant)>,
}

struct Held {
    token: Arc<str>,
    renew: Instant,
    expires: Instant,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenSourceError {
    /// The issuer refused the client with this code of RFC 6749 §5.2.
    #[error("the issuer refused the client: {0}")]
    Refused(String),
    /// The issuer did not give a usable answer.
    #[error("the issuer gave no token: {0}")]
    Unavailable(String),
}

/// A good answer (RFC 6749 §5.1).
#[derive(Deserialize)]
struct Grant {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
}

/// A bad one (RFC 6749 §5.2).
#[derive(Deserialize)]
struct Denial {
    error: String,
}

impl TokenSource {
    /// A source for the account `client_id`. `scope` is a space separated list; the empty one asks
    /// for what the issuer gives by default.
    ///
    /// # Errors
    /// When the address is malformed or the HTTP client cannot be made.
    pub fn new(
        token_url: &str,
        client_id: &str,
        client_secret: &str,
        scope: &str,
    ) -> Result<Self, BuildError> {
        let url = parse_url("the token endpoint's address", token_url)?;
        let mut body = Serializer::new(String::new());
        body.append_pair("grant_type", "client_credentials");
        if !scope.is_empty() {
            body.append_pair("scope", scope);
        }
        Ok(Self(Arc::new(Inner {
            client: client([&url])?,
            url,
            authorization: basic(client_id, client_secret)?,
            body: body.finish(),
            state: Mutex::default(),
            rounds: watch::Sender::new(0),
        })))
    }

    /// A valid token. Waits only when there is none; must be called in a tokio runtime.
    ///
    /// # Errors
    /// When there is no valid token and the issuer gives none. After a failure the same error is
    /// answered at once for a moment (1 s, growing to 30 s) before the issuer is asked again.
    pub async fn token(&self) -> Result<Arc<str>, TokenSourceError> {
        let mut rounds = {
            let mut state = self.0.state();
            let now = Instant::now();
            let held = state.held.as_ref().filter(|held| now < held.expires);
            let renew = held.is_none_or(|held| now >= held.renew);
            let token = held.map(|held| Arc::clone(&held.token));
            let trouble = state.trouble.as_ref().filter(|(_, until)| now < *until);
            let trouble = trouble.map(|(error, _)| error.clone());
            let rounds = self.0.rounds.subscribe();
            if renew && trouble.is_none() && !state.in_flight {
                state.in_flight = true;
                tokio::spawn(Inner::renew(Arc::clone(&self.0)));
            }
            match (token, trouble) {
                (Some(token), _) => return Ok(token),
                (None, Some(error)) => return Err(error),
                (None, None) => rounds,
            }
        };
        // The sender lives in `self`, so the wait ends with the request.
        let _ = rounds.changed().await;
        self.0.outcome()
    }

    /// Drops `token`, because a service refused it; the next call asks for another.
    pub fn forget(&self, token: &str) {
        let mut state = self.0.state();
        if state.held.as_ref().is_some_and(|held| *held.token == *token) {
            state.held = None;
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
        match (&state.held, &state.trouble) {
            (Some(held), _) if now < held.expires => Ok(Arc::clone(&held.token)),
            (_, Some((error, _))) => Err(error.clone()),
            _ => Err(TokenSourceError::Unavailable("the token expired at once".to_owned())),
        }
    }

    /// One request, in a task of its own: it ends whether or not anyone still waits.
    async fn renew(self: Arc<Self>) {
        let _landing = Landing(&self);
        let asked = Instant::now();
        let answer = self.request().await;
        let mut state = self.state();
        match answer {
            Ok(grant) => {
                let lifetime = grant.expires_in.unwrap_or(DEFAULT_LIFETIME).min(LONGEST_LIFETIME);
                let lifetime = Duration::from_secs(lifetime);
                state.failures = 0;
                state.trouble = None;
                state.held = Some(Held {
                    token: grant.access_token.into(),
                    renew: asked + lifetime.mul_f64(between(0.76, 0.84)),
                    expires: asked + lifetime,
                });
            }
            Err(error) => {
                tracing::warn!(url = %self.url, %error, "could not get an access token");
                state.failures += 1;
                let pause = backoff(FIRST_RETRY, LONGEST_RETRY, state.failures);
                state.trouble = Some((error, Instant::now() + pause));
            }
        }
    }

    async fn request(&self) -> Result<Grant, TokenSourceError> {
        let request = self
            .client
            .post(self.url.clone())
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .timeout(TIMEOUT)
            .body(self.body.clone());
        let response = request.send().await.map_err(FetchError::from)?;
        let status = response.status();
        if !is_json(&response) {
            return Err(FetchError::Status(status.as_u16()).into());
        }
        let body = read_body(response, MAX_BYTES).await?;
        if status != StatusCode::OK {
            return Err(denial(status, &body));
        }
        let grant: Grant = serde_json::from_slice(&body)
            .map_err(|_| FetchError::Content("not a token answer".to_owned()))?;
        if grant.token_type.eq_ignore_ascii_case("bearer") && !grant.access_token.is_empty() {
            Ok(grant)
        } else {
            Err(FetchError::Content("not a Bearer token".to_owned()).into())
        }
    }
}

/// Wakes the callers when a request ends, also when its runtime goes down under it.
struct Landing<'a>(&'a Inner);

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.0.state().in_flight = false;
        self.0.rounds.send_modify(|round| *round += 1);
    }
}

fn denial(status: StatusCode, body: &[u8]) -> TokenSourceError {
    let is_code = |text: &str| text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic());
    match serde_json::from_slice::<Denial>(body) {
        // The code ends up in logs, so it has to look like one.
        Ok(denial) if status.is_client_error() && is_code(&denial.error) => {
            TokenSourceError::Refused(denial.error)
        }
        _ => FetchError::Status(status.as_u16()).into(),
    }
}

impl From<FetchError> for TokenSourceError {
    fn from(error: FetchError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// HTTP Basic with both parts form-encoded first, as RFC 6749 §2.3.1 has it.
fn basic(client_id: &str, client_secret: &str) -> Result<HeaderValue, BuildError> {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(client_id), encode(client_secret));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)))
        .map_err(|_| BuildError::Header("the client's credentials"))?;
    // Sensitive values print as `Sensitive`, also in the logs of the HTTP client.
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource").field("url", &self.0.url.as_str()).finish_non_exhaustive()
    }
}
