//! Headers that restrict what a browser does with a response.

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

/// On every response, unless a handler set its own: they disable MIME sniffing, scripts and other content, framing and
/// referrers.
const DEFAULT_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// One year. Without `includeSubDomains`: sub-domains may belong to others.
const STRICT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Whether responses tell browsers to use https only (HSTS, RFC 6797): for a service that clients reach over https. As
/// application data it counts for every response of a service.
#[derive(Clone, Copy, Debug)]
pub struct StrictTransport(pub bool);

pub(super) fn add(headers: &mut HeaderMap, strict: Option<StrictTransport>) {
    for (name, value) in DEFAULT_HEADERS {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    if strict.is_some_and(|strict| strict.0) {
        headers.insert(STRICT_TRANSPORT_SECURITY, STRICT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_its_own_policy_and_plain_http_is_not_made_strict() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("script-src 'self'"));
        add(&mut headers, Some(StrictTransport(false)));
        assert_eq!(headers.get(CONTENT_SECURITY_POLICY).unwrap(), "script-src 'self'");
        assert_eq!(headers.get(X_CONTENT_TYPE_OPTIONS).unwrap(), "nosniff");
        assert_eq!(headers.get(REFERRER_POLICY).unwrap(), "no-referrer");
        assert!(!headers.contains_key(STRICT_TRANSPORT_SECURITY));
        add(&mut headers, Some(StrictTransport(true)));
        assert_eq!(headers.get(STRICT_TRANSPORT_SECURITY).unwrap(), "max-age=31536000");
    }
}
