//! How the rooms' errors become answers. The only such mapping of this service.

use actix_web::http::{
    StatusCode,
    header::{HeaderValue, WWW_AUTHENTICATE},
};
use claims::{Rejection, VerifyError, actix::AuthError};
use database::{DatabaseError, is_conflict_on};
use service_kit::problem::Problem;

use crate::{
    accounts::hashing::HashingError, settings::Lifetimes, throttle::TooSoon, tokens::KeysAway,
};

/// 401 `invalid_credentials`: the same for every reason there can be.
pub fn invalid_credentials() -> Problem {
    let detail = "Wrong user name, e-mail address or password";
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_credentials", detail)
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

/// 409 `user_exists`, telling which of the two is taken.
pub fn user_exists(conflict: DatabaseError) -> Problem {
    let problem = |field| {
        Problem::new(StatusCode::CONFLICT, "user_exists", "A user of that name or address exists")
            .with_field(field, "is taken")
    };
    if is_conflict_on(&conflict, "username_key") {
        problem("username")
    } else if is_conflict_on(&conflict, "email_key") {
        problem("email")
    } else {
        conflict.into()
    }
}

/// 403 `csrf_failed`.
pub fn csrf_failed(detail: &'static str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "csrf_failed", detail)
}

/// 401 for a caller of the feed that does not show the secret of verifiers (RFC 6750 §3).
pub fn feed_secret(sent_another: bool) -> Problem {
    let (code, challenge) = if sent_another {
        ("invalid_token", "Bearer error=\"invalid_token\"")
    } else {
        ("authorization_header", "Bearer")
    };
    Problem::new(StatusCode::UNAUTHORIZED, code, "Only verifiers that share the secret may ask")
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

/// 404 `not_found` for a session that is none of the caller's.
pub fn session_not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "There is no such session")
}

/// A token's rejection, with its challenge (RFC 6750 §3).
pub fn rejected(rejection: Rejection, lifetimes: &Lifetimes) -> actix_web::Error {
    AuthError::new(VerifyError::Rejected(rejection), lifetimes.fresh).into()
}

/// A password could not be hashed or checked.
pub fn hashing(error: HashingError) -> Problem {
    match error {
        HashingError::Overloaded(_) => Problem::overloaded(2).with_cause(error),
        HashingError::UnfitPassword => {
            Problem::invalid_request("The password cannot be used").with_cause(error)
        }
        error => Problem::internal(error),
    }
}

/// A call that comes too soon after others.
pub fn too_soon(TooSoon(seconds): TooSoon) -> Problem {
    Problem::rate_limited(seconds)
}

/// There is no key to sign with.
pub fn keys_away(error: KeysAway) -> Problem {
    let detail = "The service has no key to sign with";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "keys_unavailable", detail)
        .with_retry_after(1)
        .with_cause(error)
}
