//! What protects a cookie from being used by other people's pages: a listed `Origin`, and a token that is bound
//! to the session by HMAC, which only a page that may read our answers can know.

use actix_web::{HttpRequest, http::header::ORIGIN};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use service_kit::{http::Origin, problem::Problem};

use super::problems::csrf_failed;

/// The header that carries the token.
const HEADER: &str = "x-csrf-token";

/// The CSRF token of a session.
pub fn token(key: &hmac::Key, session_id: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(key, message(session_id).as_bytes()))
}

/// Checks the token sent.
///
/// # Errors
/// 403 `csrf_failed` when it is missing or another session's.
pub fn check_token(
    request: &HttpRequest,
    key: &hmac::Key,
    session_id: &str,
) -> Result<(), Problem> {
    let refuse = || csrf_failed("The X-CSRF-TOKEN header is missing or not this session's");
    let sent = request.headers().get(HEADER).ok_or_else(refuse)?;
    let sent = URL_SAFE_NO_PAD.decode(sent.as_bytes()).map_err(|_| refuse())?;
    // Compares in constant time.
    hmac::verify(key, message(session_id).as_bytes(), &sent).map_err(|_| refuse())
}

/// Checks where the call comes from.
///
/// # Errors
/// 403 `csrf_failed` when there is no `Origin`, or one that is not listed.
pub fn check_origin(request: &HttpRequest, listed: &[Origin]) -> Result<(), Problem> {
    match origin_is_listed(request, listed) {
        Some(true) => Ok(()),
        Some(false) => Err(csrf_failed("This Origin is not listed")),
        None => Err(csrf_failed("There is no Origin header")),
    }
}

/// The same for a call that may come without: a program is no browser's page.
///
/// # Errors
/// 403 `csrf_failed` when there is an `Origin` that is not listed.
pub fn check_origin_if_any(request: &HttpRequest, listed: &[Origin]) -> Result<(), Problem> {
    match origin_is_listed(request, listed) {
        Some(false) => Err(csrf_failed("This Origin is not listed")),
        _ => Ok(()),
    }
}

fn origin_is_listed(request: &HttpRequest, listed: &[Origin]) -> Option<bool> {
    let mut sent = request.headers().get_all(ORIGIN);
    let first = sent.next()?;
    let one = sent.next().is_none();
    Some(one && listed.iter().any(|origin| origin.as_str().as_bytes() == first.as_bytes()))
}

fn message(session_id: &str) -> String {
    format!("csrf:{session_id}")
}
