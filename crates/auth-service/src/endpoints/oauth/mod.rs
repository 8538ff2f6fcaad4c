//! OAuth 2.0 for service accounts: tokens (RFC 6749 §4.4), revocation (RFC 7009), introspection (RFC 7662).
//!
//! Here refusals are RFC 6749 §5.2 bodies, for that is what OAuth clients read; only what HTTP itself refuses
//! (media type, size, time) and what is away keeps the shape of the rest of the service.

mod authentication;
mod error;
mod parameters;
pub mod post_introspect;
pub mod post_revoke;
pub mod post_token;

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{HeaderValue, PRAGMA},
    },
};

pub use self::{authentication::authenticated_client, error::OAuthError, parameters::Parameters};
use super::responses::NO_STORE;

/// An answer that no cache keeps, old ones included (RFC 6749 §5.1).
fn answer(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header(NO_STORE).insert_header((PRAGMA, HeaderValue::from_static("no-cache")));
    response
}
