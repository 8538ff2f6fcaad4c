//! Errors in the form that OAuth clients expect (RFC 6749 §5.2).

use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{
        StatusCode,
        header::{HeaderValue, PRAGMA, WWW_AUTHENTICATE},
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use super::NO_STORE;

/// An error (RFC 6749 section 5.2).
#[derive(Serialize, ToSchema)]
pub(crate) struct OAuthErrorBody {
    #[schema(example = "invalid_client")]
    error: &'static str,
    error_description: Option<&'static str>,
}

/// Begins a response that no cache may store, not even an HTTP/1.0 cache (RFC 6749 §5.1).
pub(crate) fn oauth_answer(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header(NO_STORE).insert_header((PRAGMA, HeaderValue::from_static("no-cache")));
    response
}

/// Why a request fails. The text in a variant is a message for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", self.code(), self.description())]
pub(crate) enum OAuthError {
    /// A parameter is missing, repeated or malformed.
    InvalidRequest(&'static str),
    /// The client could not be authenticated: the same error for every reason.
    InvalidClient,
    /// The client is not allowed to do this.
    UnauthorizedClient(&'static str),
    /// A grant type other than `client_credentials`. There is no password grant, and users refresh at
    /// `/api/auth/refresh`.
    UnsupportedGrantType,
    /// The scope is malformed, or the client does not have it.
    InvalidScope,
    /// A token of a kind that cannot be revoked individually (RFC 7009 §2.2.1).
    UnsupportedTokenType,
}

impl OAuthError {
    /// The stable code: the `error` member.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::UnauthorizedClient(_) => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::UnsupportedTokenType => "unsupported_token_type",
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::InvalidRequest(description) | Self::UnauthorizedClient(description) => {
                description
            }
            Self::InvalidClient => "Client authentication failed",
            Self::UnsupportedGrantType => "Only the grant type client_credentials is supported",
            Self::InvalidScope => "The scope is malformed, or more than this client has",
            Self::UnsupportedTokenType => {
                "A single token of a service account cannot be revoked; disable the account"
            }
        }
    }
}

impl ResponseError for OAuthError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = oauth_answer(self.status_code());
        if matches!(self, Self::InvalidClient) {
            response.insert_header((WWW_AUTHENTICATE, r#"Basic realm="oauth2", charset="UTF-8""#));
        }
        response.json(OAuthErrorBody {
            error: self.code(),
            error_description: Some(self.description()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_invalid_client_is_401_and_it_has_a_challenge() {
        let response = OAuthError::InvalidClient.error_response();
        assert_eq!(response.status(), 401);
        let challenge = response.headers().get(WWW_AUTHENTICATE).unwrap().to_str().unwrap();
        assert!(challenge.starts_with("Basic "));
        for error in [
            OAuthError::InvalidRequest("x"),
            OAuthError::UnauthorizedClient("x"),
            OAuthError::UnsupportedGrantType,
            OAuthError::InvalidScope,
            OAuthError::UnsupportedTokenType,
        ] {
            let response = error.error_response();
            assert_eq!(response.status(), 400, "{error}");
            assert!(response.headers().get(WWW_AUTHENTICATE).is_none(), "{error}");
            assert_eq!(response.headers().get("cache-control").unwrap(), "no-store");
        }
    }
}
