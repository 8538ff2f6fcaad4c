//! One request for a token by the client credentials grant (RFC 6749 §4.4).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::{Serializer, byte_serialize};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;

use super::BuildError;
use super::http::{FetchError, check_json, client, parse_url, read_body, without_query};
use super::trace::Call;

const MAX_BYTES: usize = 64 * 1024;
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why a token source has no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenSourceError {
    /// The issuer rejected the request with this error code of RFC 6749 §5.2, for example `invalid_client`.
    #[error("the issuer rejected the client: {0}")]
    Rejected(String),
    /// The issuer gave no usable answer. The text says why; it is for people.
    #[error("the issuer gave no token: {0}")]
    Unavailable(String),
}

/// A good answer (RFC 6749 §5.1).
#[derive(Deserialize)]
pub(super) struct TokenResponse {
    pub(super) access_token: String,
    token_type: String,
    /// Seconds.
    pub(super) expires_in: Option<u64>,
}

/// An error answer (RFC 6749 §5.2).
#[derive(Deserialize)]
struct ErrorResponse {
    error: String,
}

/// The token endpoint, and what a request to it contains.
pub(super) struct TokenEndpoint {
    client: Client,
    url: Url,
    /// The URL for logs.
    pub(super) shown_url: Url,
    authorization: HeaderValue,
    body: String,
}

impl TokenEndpoint {
    pub(super) fn new(
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
        Ok(Self {
            client: client([&url])?,
            shown_url: without_query(&url),
            url,
            authorization: basic(client_id, client_secret)?,
            body: body.finish(),
        })
    }

    pub(super) async fn request(
        &self,
        call: &mut Call<'_>,
    ) -> Result<TokenResponse, TokenSourceError> {
        let request = self
            .client
            .post(self.url.clone())
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .timeout(TIMEOUT)
            .body(self.body.clone());
        let response = call.send(request).await?;
        let status = response.status();
        check_json(&response).map_err(|error| match error {
            FetchError::ContentType => FetchError::Status(status.as_u16()),
            error => error,
        })?;
        let body = read_body(response, MAX_BYTES).await?;
        if status != StatusCode::OK {
            return Err(error_response(status, &body));
        }
        let grant: TokenResponse = serde_json::from_slice(&body)
            .map_err(|_| FetchError::Content("not a token answer".to_owned()))?;
        if grant.token_type.eq_ignore_ascii_case("bearer") && !grant.access_token.is_empty() {
            Ok(grant)
        } else {
            Err(FetchError::Content("not a Bearer token".to_owned()).into())
        }
    }
}

fn error_response(status: StatusCode, body: &[u8]) -> TokenSourceError {
    let is_code = |text: &str| text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic());
    match serde_json::from_slice::<ErrorResponse>(body) {
        // The code ends up in logs, so it has to look like one.
        Ok(error_response) if status.is_client_error() && is_code(&error_response.error) => {
            TokenSourceError::Rejected(error_response.error)
        }
        _ => FetchError::Status(status.as_u16()).into(),
    }
}

impl From<FetchError> for TokenSourceError {
    fn from(error: FetchError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// HTTP Basic authentication; both parts are form-encoded first, as RFC 6749 §2.3.1 demands.
fn basic(client_id: &str, client_secret: &str) -> Result<HeaderValue, BuildError> {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(client_id), encode(client_secret));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)))
        .map_err(|_| BuildError::Header("the client's credentials"))?;
    // Sensitive values print as `Sensitive`, also in the logs of the HTTP client.
    value.set_sensitive(true);
    Ok(value)
}
