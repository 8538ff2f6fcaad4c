//! Headers that tell a browser what not to do with an answer.

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

/// What stands on every answer unless a handler set its own: no type is guessed, nothing in the answer runs or
/// loads, no page frames it, and its address goes nowhere.
const ALWAYS: [(HeaderName, HeaderValue); 3] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// One year. Without `includeSubDomains`: other hosts below this one are not ours to decide for.
const STRICT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Whether browsers are told to come over https only (RFC 6797), where clients do come over https. As application
/// data it counts for every answer of a service.
#[derive(Clone, Copy, Debug)]
pub struct StrictTransport(pub bool);

pub(super) fn add(headers: &mut HeaderMap, strict: Option<StrictTransport>) {
    for (name, value) in ALWAYS {
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
