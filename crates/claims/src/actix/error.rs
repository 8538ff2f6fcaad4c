//! Verification errors as HTTP answers: problem details (RFC 9457) with the challenge of RFC 6750 §3.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};

use crate::{PROBLEM_JSON, ProblemBody, Rejection, VerifyError};

/// Why an extractor rejected a request.
///
/// As a [`ResponseError`] it is the whole answer: the status, problem details (RFC 9457), and the headers
/// `WWW-Authenticate` and `Retry-After`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthError(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    VerifyError { error: VerifyError, max_age: i64 },
    NoAuthenticator,
}

impl AuthError {
    /// From an error of the verifier. `max_age` is the number of seconds for which a sign-in counts as fresh
    /// (RFC 9470); the challenge names it when the token is not fresh.
    #[must_use]
    pub fn new(error: VerifyError, max_age: i64) -> Self {
        Self(Kind::VerifyError { error, max_age })
    }

    pub(super) fn no_authenticator() -> Self {
        Self(Kind::NoAuthenticator)
    }

    /// The stable code, the `error` member of the body; `internal` if the service has no verifier.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &self.0 {
            Kind::VerifyError { error, .. } => error.code(),
            Kind::NoAuthenticator => "internal",
        }
    }

    /// The error of the verifier; `None` if the service has no verifier.
    #[must_use]
    pub fn verify_error(&self) -> Option<VerifyError> {
        match &self.0 {
            Kind::VerifyError { error, .. } => Some(*error),
            Kind::NoAuthenticator => None,
        }
    }

    /// The value of `WWW-Authenticate` (RFC 6750 §3, RFC 9470 §3); `None` where the answer has no such header.
    #[must_use]
    pub fn challenge(&self) -> Option<String> {
        let Kind::VerifyError { error: VerifyError::Rejected(rejection), max_age } = &self.0 else {
            return None;
        };
        match rejection {
            Rejection::UserRequired => None,
            // RFC 6750 §3.1: without a token, the challenge names the scheme and no error.
            Rejection::MissingAuthorization | Rejection::NotBearer => Some("Bearer".to_owned()),
            Rejection::NotFresh => Some(format!(
                "Bearer error=\"insufficient_user_authentication\", \
                 error_description=\"More recent authentication is required\", max_age={max_age}"
            )),
            Rejection::InsufficientScope(scope) => {
                Some(format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""))
            }
            other => Some(format!(
                "Bearer error=\"invalid_token\", error_description=\"{}\"",
                other.detail()
            )),
        }
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::VerifyError { error, .. } => error.fmt(f),
            Kind::NoAuthenticator => f.write_str("Something went wrong on our side"),
        }
    }
}

impl std::error::Error for AuthError {}

impl ResponseError for AuthError {
    fn status_code(&self) -> StatusCode {
        match &self.0 {
            Kind::NoAuthenticator => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::VerifyError { error: VerifyError::Rejected(rejection), .. } => match rejection {
                Rejection::InsufficientScope(_) | Rejection::UserRequired => StatusCode::FORBIDDEN,
                _ => StatusCode::UNAUTHORIZED,
            },
            Kind::VerifyError { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        response.content_type(PROBLEM_JSON);
        if let Some(challenge) = self.challenge() {
            response.insert_header((WWW_AUTHENTICATE, challenge));
        }
        if let Some(seconds) = self.verify_error().and_then(|error| error.retry_after()) {
            response.insert_header((RETRY_AFTER, seconds));
        }
        let (title, detail) = (status.canonical_reason().unwrap_or("Error"), self.to_string());
        response.body(ProblemBody::new(title, status.as_u16(), &detail, self.code()).to_json())
    }
}
