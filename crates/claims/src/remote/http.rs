//! The HTTP client of the background work: no redirects, no proxy, bounded bodies.

use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, Url, redirect};

use super::BuildError;
use crate::KeySetError;

/// Why a request gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FetchError {
    /// No connection was made, or TLS failed. So the issuer has done no work for the request. With the cause, for logs.
    #[error("cannot connect: {0}")]
    CannotConnect(String),
    #[error("no complete answer in time")]
    Timeout,
    #[error("the connection broke")]
    Broken,
    #[error("the issuer refuses this verifier: its secret is missing or wrong (401)")]
    Unauthorized,
    #[error("unexpected status {0}")]
    Status(u16),
    #[error("answer is too large")]
    AnswerTooLarge,
    #[error("answer is not JSON")]
    ContentType,
    #[error("answer is compressed, although the request asked for an uncompressed one")]
    Compressed,
    #[error("{0}")]
    Content(String),
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        match error {
            error if error.is_connect() => Self::CannotConnect(root_cause(&error)),
            error if error.is_timeout() => Self::Timeout,
            _ => Self::Broken,
        }
    }
}

/// The innermost cause: reqwest's own text has the URL, and says no more than that the request failed.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

impl From<KeySetError> for FetchError {
    fn from(error: KeySetError) -> Self {
        Self::Content(error.to_string())
    }
}

/// Checks that `text` is an http or https address without credentials.
pub(super) fn parse_url(name: &'static str, text: &str) -> Result<Url, BuildError> {
    let url = Url::parse(text).map_err(|_| BuildError::Url(name))?;
    // Addresses are logged: they must not carry a password.
    let bare = url.username().is_empty() && url.password().is_none();
    if matches!(url.scheme(), "http" | "https") && url.has_host() && bare {
        Ok(url)
    } else {
        Err(BuildError::Url(name))
    }
}

/// The URL for logs and traces: its query may hold a secret.
pub(super) fn without_query(url: &Url) -> Url {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    shown
}

/// A client for these addresses.
pub(super) fn client<'a>(urls: impl IntoIterator<Item = &'a Url>) -> Result<Client, BuildError> {
    // Answers are small, and a compressed one could expand without limit. Without this header a proxy may compress.
    let plain = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
    let mut builder = Client::builder()
        .default_headers(plain)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(3))
        .tcp_keepalive(Duration::from_secs(15))
        .pool_max_idle_per_host(2)
        .user_agent(concat!("authpair-claims/", env!("CARGO_PKG_VERSION")));
    if urls.into_iter().all(|url| url.scheme() == "http") {
        // Without TLS there is nothing to look system certificates up for, and a machine may have
        // none: building the client would fail.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| BuildError::Client(error.to_string()))
}

/// Reads a body of at most `cap` bytes.
pub(super) async fn read_body(mut response: Response, cap: usize) -> Result<Vec<u8>, FetchError> {
    let announced = response.content_length().unwrap_or_default();
    if announced > cap as u64 {
        return Err(FetchError::AnswerTooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > cap {
            return Err(FetchError::AnswerTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Checks that the answer may be read as JSON: it is `application/json`, anything ending in `+json`, or unnamed, and
/// not compressed.
pub(super) fn check_json(response: &Response) -> Result<(), FetchError> {
    let encodings = response.headers().get_all(CONTENT_ENCODING);
    if encodings.iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(FetchError::Compressed);
    }
    let Some(header) = response.headers().get(CONTENT_TYPE) else { return Ok(()) };
    let text = header.to_str().unwrap_or_default().to_ascii_lowercase();
    let media_type = text.split(';').next().unwrap_or_default().trim();
    if media_type == "application/json" || media_type.ends_with("+json") {
        Ok(())
    } else {
        Err(FetchError::ContentType)
    }
}
