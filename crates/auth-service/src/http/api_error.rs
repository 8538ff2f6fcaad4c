//! The error type of all handlers, and the mapping of domain errors to responses.
//!
//! - `accounts`: the errors of account functions; `administration`: those of administrators' calls

mod accounts;
mod administration;

use actix_web::{
    HttpResponse, ResponseError,
    error::InternalError,
    http::{
        StatusCode,
        header::{HeaderValue, WWW_AUTHENTICATE},
    },
};
use claims::{Rejection, VerifyError, actix::AuthError};
use database::DatabaseError;
use service_kit::problem::Problem;

use super::oauth_error::OAuthError;
use crate::{accounts::hashing::HashingError, throttle::TooSoon, tokens::SigningKeyUnavailable};

/// Seconds after which a client may try again when passwords cannot be hashed now.
const OVERLOADED_RETRY_AFTER: u64 = 2;

/// The error of a handler. Public texts are fixed; causes go to the log.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// A problem (RFC 9457).
    Problem(Problem),
    /// A token is not accepted; the response has a challenge (RFC 6750 §3).
    Token(Rejection),
    /// A token is not accepted, with a response that also deletes cookies.
    TokenWithResponse(Rejection, Box<HttpResponse>),
    /// An error of the OAuth endpoints (RFC 6749 §5.2).
    OAuth(OAuthError),
}

impl ApiError {
    /// The status of the response.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Problem(problem) => problem.status_code(),
            Self::Token(rejection) | Self::TokenWithResponse(rejection, _) => {
                auth_error(*rejection).status_code()
            }
            Self::OAuth(error) => error.status_code(),
        }
    }

    /// 403 `csrf_failed`.
    pub(crate) fn csrf_failed(detail: &'static str) -> Self {
        Problem::new(StatusCode::FORBIDDEN, "csrf_failed", detail).into()
    }

    /// 404 `not_found` for a session that does not belong to the caller.
    pub(crate) fn session_not_found() -> Self {
        Problem::new(StatusCode::NOT_FOUND, "not_found", "There is no such session").into()
    }

    /// 404 `user_not_found`.
    pub(crate) fn user_not_found() -> Self {
        Problem::new(StatusCode::NOT_FOUND, "user_not_found", "There is no such user").into()
    }

    /// 401 for a poll of the feed without the verifiers' secret (RFC 6750 §3). `has_token`: whether it has another
    /// bearer token.
    pub(crate) fn feed_unauthorized(has_token: bool) -> Self {
        let (code, challenge) = if has_token {
            ("invalid_token", "Bearer error=\"invalid_token\"")
        } else {
            ("authorization_header", "Bearer")
        };
        let detail = "Only verifiers with the shared secret may read this";
        Problem::new(StatusCode::UNAUTHORIZED, code, detail)
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
            .into()
    }
}

/// The error that says why a token is not accepted. Its limit for freshness is 0, because only extractors check
/// freshness.
pub(super) fn auth_error(rejection: Rejection) -> AuthError {
    AuthError::new(VerifyError::Rejected(rejection), 0)
}

impl From<ApiError> for actix_web::Error {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Problem(problem) => problem.into(),
            ApiError::Token(rejection) => auth_error(rejection).into(),
            ApiError::TokenWithResponse(rejection, response) => {
                InternalError::from_response(auth_error(rejection), *response).into()
            }
            ApiError::OAuth(error) => error.into(),
        }
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        Self::Token(rejection)
    }
}

impl From<OAuthError> for ApiError {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

impl From<DatabaseError> for ApiError {
    fn from(error: DatabaseError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<HashingError> for ApiError {
    fn from(error: HashingError) -> Self {
        let problem = match error {
            HashingError::Overloaded(_) => {
                Problem::overloaded(OVERLOADED_RETRY_AFTER).with_cause(error)
            }
            HashingError::InvalidPassword => {
                Problem::invalid_request("The password cannot be used").with_cause(error)
            }
            error => Problem::internal(error),
        };
        problem.into()
    }
}

impl From<SigningKeyUnavailable> for ApiError {
    fn from(error: SigningKeyUnavailable) -> Self {
        let detail = "The service has no key to sign with";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "keys_unavailable", detail)
            .with_retry_after(1)
            .with_cause(error)
            .into()
    }
}

impl From<TooSoon> for ApiError {
    fn from(TooSoon(seconds): TooSoon) -> Self {
        Problem::rate_limited(seconds).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_that_of_the_response() {
        let unavailable = || DatabaseError::Unavailable("it is stopped".to_owned());
        let errors: [(ApiError, u16); 6] = [
            (unavailable().into(), 503),
            (TooSoon(3).into(), 429),
            (Rejection::Revoked.into(), 401),
            (
                ApiError::TokenWithResponse(
                    Rejection::Expired,
                    Box::new(HttpResponse::new(StatusCode::UNAUTHORIZED)),
                ),
                401,
            ),
            (ApiError::OAuth(OAuthError::InvalidClient), 401),
            (ApiError::csrf_failed("x"), 403),
        ];
        for (error, status) in errors {
            assert_eq!(error.status().as_u16(), status, "{error:?}");
            assert_eq!(actix_web::Error::from(error).error_response().status(), status);
        }
    }
}
