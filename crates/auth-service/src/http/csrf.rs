//! Protection of the refresh cookie against cross-site request forgery: an allowed `Origin`, and a token that is bound
//! to the session by HMAC. Only a page that may read our responses knows that token.

use actix_web::{
    HttpRequest,
    http::header::{HeaderValue, ORIGIN},
};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use service_kit::ids::SessionId;

use super::{ApiError, request_context};
use crate::{
    audit::{Actor, Entry, Event},
    settings::AuthSettings,
    state::State,
};

/// The header that carries the token.
const HEADER: &str = "x-csrf-token";

/// Whether the page is on our own origin or site (Fetch Metadata). Browsers set this header; pages cannot change it.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// The CSRF token of a session.
pub(crate) fn token(key: &hmac::Key, session_id: &SessionId) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(key, message(session_id).as_bytes()))
}

/// Checks the CSRF token of a request.
///
/// # Errors
/// 403 `csrf_failed` when it is missing or belongs to another session.
pub(crate) fn check_token(
    request: &HttpRequest,
    key: &hmac::Key,
    session_id: &SessionId,
) -> Result<(), ApiError> {
    let error =
        || ApiError::csrf_failed("The X-CSRF-TOKEN header is missing or not this session's");
    let sent = request.headers().get(HEADER).ok_or_else(error)?;
    let sent = URL_SAFE_NO_PAD.decode(sent.as_bytes()).map_err(|_| error())?;
    // Compares in constant time.
    hmac::verify(key, message(session_id).as_bytes(), &sent).map_err(|_| error())
}

/// Checks the origin of a request that changes something. Browsers send `Origin` with every such request, also to the
/// page's own host.
///
/// # Errors
/// 403 `csrf_failed` when there is no `Origin`, or one that is neither listed nor our own.
pub(crate) fn check_origin(request: &HttpRequest, settings: &AuthSettings) -> Result<(), ApiError> {
    match is_allowed_origin(request, settings) {
        Some(true) => Ok(()),
        Some(false) => Err(ApiError::csrf_failed("This Origin is not listed")),
        None => Err(ApiError::csrf_failed("There is no Origin header")),
    }
}

/// Checks the origin of a GET or HEAD. With these, browsers send no `Origin` to the page's own host, but
/// `Sec-Fetch-Site: same-origin`.
///
/// # Errors
/// As [`check_origin`].
pub(crate) fn check_origin_for_get(
    request: &HttpRequest,
    settings: &AuthSettings,
) -> Result<(), ApiError> {
    let mut site = request.headers().get_all(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
    let same_origin = site.next() == Some(b"same-origin") && site.next().is_none();
    match is_allowed_origin(request, settings) {
        None if same_origin => Ok(()),
        _ => check_origin(request, settings),
    }
}

/// Checks the origin of a request, if it has one: programs send none.
///
/// # Errors
/// 403 `csrf_failed` when there is an `Origin` that is neither listed nor our own.
pub(crate) fn check_origin_if_any(
    request: &HttpRequest,
    settings: &AuthSettings,
) -> Result<(), ApiError> {
    match is_allowed_origin(request, settings) {
        Some(false) => Err(ApiError::csrf_failed("This Origin is not listed")),
        _ => Ok(()),
    }
}

/// Adds an audit entry if a check above refused the call. `session_id` is the session of the cookie, if there is one.
pub(crate) fn audit_if_refused(
    request: &HttpRequest,
    state: &State,
    session_id: Option<&SessionId>,
    checked: Result<(), ApiError>,
) -> Result<(), ApiError> {
    checked.inspect_err(|_| {
        let context = request_context(request, state, Actor::Anonymous);
        let refused = context.refused(Event::CallRefused, "csrf_failed");
        state.refused_calls.add(session_id.into_iter().fold(refused, Entry::in_session));
    })
}

/// Whether the `Origin` is listed, or is the issuer's own origin, whose pages can read our responses without being
/// listed. `None` without the header.
fn is_allowed_origin(request: &HttpRequest, settings: &AuthSettings) -> Option<bool> {
    let mut sent = request.headers().get_all(ORIGIN).map(HeaderValue::as_bytes);
    let first = sent.next()?;
    let is_single = sent.next().is_none();
    let own = settings.public_url.origin().as_bytes() == first;
    let listed =
        || settings.http.cors_origins.iter().any(|origin| origin.as_str().as_bytes() == first);
    Some(is_single && (own || listed()))
}

fn message(session_id: &SessionId) -> String {
    format!("csrf:{session_id}")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use service_kit::settings::Settings;

    use super::*;

    const PAIRS: [(&str, &str); 2] = [
        ("AUTH_ISSUER", "https://example.com/auth"),
        ("AUTH_CORS_ORIGINS", "https://app.example.com,capacitor://localhost"),
    ];

    fn request(headers: &[(&'static str, &'static str)]) -> HttpRequest {
        let request = headers
            .iter()
            .fold(TestRequest::default(), |request, header| request.append_header(*header));
        request.to_http_request()
    }

    #[test]
    fn listed_origins_and_our_own_may_change_something_and_others_may_not() {
        let settings = AuthSettings::take(Settings::from_pairs("AUTH", PAIRS)).unwrap();
        for good in ["https://app.example.com", "capacitor://localhost", "https://example.com"] {
            let request = request(&[("origin", good), ("sec-fetch-site", "cross-site")]);
            assert!(check_origin(&request, &settings).is_ok(), "{good}");
            assert!(check_origin_for_get(&request, &settings).is_ok(), "{good}");
        }
        for bad in
            ["null", "https://evil.example", "http://example.com", "https://example.com:444", ""]
        {
            let request = request(&[("origin", bad), ("sec-fetch-site", "same-origin")]);
            assert!(check_origin(&request, &settings).is_err(), "{bad}");
            assert!(check_origin_for_get(&request, &settings).is_err(), "{bad}");
            assert!(check_origin_if_any(&request, &settings).is_err(), "{bad}");
        }
        let two = [("origin", "https://app.example.com"), ("origin", "https://app.example.com")];
        assert!(check_origin(&request(&two), &settings).is_err());
    }

    #[test]
    fn without_an_origin_only_a_read_from_the_same_origin_passes() {
        let settings = AuthSettings::take(Settings::from_pairs("AUTH", PAIRS)).unwrap();
        let same = ("sec-fetch-site", "same-origin");
        assert!(check_origin_for_get(&request(&[same]), &settings).is_ok());
        assert!(check_origin(&request(&[same]), &settings).is_err());
        for site in
            ["same-site", "cross-site", "none", "", "same-origin, same-origin", "Same-Origin"]
        {
            let request = request(&[("sec-fetch-site", site)]);
            assert!(check_origin_for_get(&request, &settings).is_err(), "{site}");
        }
        assert!(check_origin_for_get(&request(&[same, same]), &settings).is_err());
        assert!(check_origin_for_get(&request(&[]), &settings).is_err());
    }
}
