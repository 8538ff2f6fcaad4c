//! The languages that a client prefers.

use actix_web::{HttpRequest, http::header::ACCEPT_LANGUAGE};

/// The header `Accept-Language`, if it is text.
pub(crate) fn accept_language(request: &HttpRequest) -> Option<&str> {
    request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
}
