//! Which pages of other origins may read responses (CORS).

use actix_cors::Cors;
use actix_web::{
    dev::ServiceRequest,
    http::{
        Method,
        header::{self, ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue},
    },
};
use url::Url;

use crate::settings::FromSetting;

/// How long a browser may keep the response to a preflight, in seconds.
const PREFLIGHT_SECONDS: usize = 600;

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// The headers that front ends, their HTTP libraries and their tracing send. An explicit list, so that new headers must
/// be allowed deliberately.
const HEADERS: [&str; 41] = [
    "accept",
    "accept-language",
    "apikey",
    "authorization",
    "b3",
    "baggage",
    "cache-control",
    "content-language",
    "content-type",
    "dnt",
    "elastic-apm-traceparent",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "newrelic",
    "pragma",
    "priority",
    "range",
    "request-context",
    "request-id",
    "sentry-trace",
    "traceparent",
    "tracestate",
    "uber-trace-id",
    "x-api-key",
    "x-b3-flags",
    "x-b3-parentspanid",
    "x-b3-sampled",
    "x-b3-spanid",
    "x-b3-traceid",
    "x-client-info",
    "x-csrf-token",
    "x-datadog-origin",
    "x-datadog-parent-id",
    "x-datadog-sampling-priority",
    "x-datadog-trace-id",
    "x-request-id",
    "x-requested-with",
    "x-xsrf-token",
];

/// Schemes without an origin of their own.
const SCHEMES_WITHOUT_ORIGIN: [&str; 10] =
    ["about", "blob", "data", "file", "filesystem", "ftp", "javascript", "null", "ws", "wss"];

/// One exact origin (RFC 6454), such as `https://app.example.com`, or an app's, such as
/// `capacitor://localhost`. Never `*`, never `null`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin as a browser sends it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromSetting for Origin {
    fn from_setting(text: &str) -> Result<Self, String> {
        let invalid = || "is not one exact origin, such as https://app.example.com".to_owned();
        let url = Url::parse(text).map_err(|_| invalid())?;
        let origin = match url.scheme() {
            "http" | "https" => url.origin().ascii_serialization(),
            scheme if SCHEMES_WITHOUT_ORIGIN.contains(&scheme) => return Err(invalid()),
            // `Url` knows no origins of other schemes; web views send theirs as scheme and host.
            scheme => {
                let host = url.host_str().filter(|host| is_app_host(host)).ok_or_else(invalid)?;
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                format!("{scheme}://{host}{port}")
            }
        };
        if origin == text.trim_end_matches('/') { Ok(Self(origin)) } else { Err(invalid()) }
    }
}

/// Such as `localhost`, or an extension's id: what a web view sends as the host of an origin.
fn is_app_host(host: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
    !host.is_empty() && host.bytes().all(plain)
}

/// Joins the header lines of a preflight and removes empty elements: RFC 9110 §5.6.1.2 allows them, and `actix-cors`
/// rejects them.
pub(super) fn normalize_preflight_headers(request: &mut ServiceRequest) {
    let name = ACCESS_CONTROL_REQUEST_HEADERS;
    if request.method() != Method::OPTIONS || !request.headers().contains_key(&name) {
        return;
    }
    let lines: Vec<_> = request.headers().get_all(&name).map(HeaderValue::as_bytes).collect();
    let joined = lines.join(&b',');
    let asked: Vec<_> = joined
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|element| !element.is_empty())
        .collect();
    match HeaderValue::from_bytes(&asked.join(&b',')) {
        Ok(tidy) if !tidy.is_empty() => {
            request.headers_mut().insert(name, tidy);
        }
        _ => {
            request.headers_mut().remove(name);
        }
    }
}

/// CORS for the API: listed origins only, with credentials, every verb.
pub fn cors(origins: &[Origin]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(METHODS)
        .allowed_headers(HEADERS)
        .expose_headers([
            // For the `If-Match` of a later change.
            header::ETAG,
            header::LINK,
            header::RETRY_AFTER,
            header::WWW_AUTHENTICATE,
            header::HeaderName::from_static("x-request-id"),
        ])
        .supports_credentials()
        .max_age(PREFLIGHT_SECONDS);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin.as_str()))
}

/// CORS for documents that anyone may read: any origin, never with credentials.
pub fn open_cors() -> Cors {
    Cors::default()
        .allow_any_origin()
        .send_wildcard()
        .allowed_methods(["GET", "HEAD"])
        .allow_any_header()
        .max_age(PREFLIGHT_SECONDS)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_exact_origins_can_be_listed() {
        for good in [
            "https://app.example.com",
            "http://localhost:5173",
            "http://127.0.0.1:3000",
            "capacitor://localhost",
            "ionic://localhost",
            "tauri://localhost",
            "http://tauri.localhost",
            "app://my-app.example:3000",
            "chrome-extension://abcdefghijklmnop",
        ] {
            assert_eq!(Origin::from_setting(good).unwrap().as_str(), good);
        }
        for bad in [
            "*",
            "null",
            "",
            "app.example.com",
            "https://*.example.com/x",
            "https://a/b",
            "file:///x",
            "file://localhost",
            "data:text/html,x",
            "ws://localhost",
            "javascript://localhost",
            "capacitor://",
            "capacitor:localhost",
            "capacitor://localhost/page",
            "capacitor://*",
            "capacitor://user@localhost",
            "Capacitor://Localhost",
        ] {
            assert!(Origin::from_setting(bad).is_err(), "{bad}");
        }
    }
    #[test]
    fn a_preflight_keeps_the_names_it_asks_for_and_loses_empty_ones() {
        let tidied = |lines: &[&'static str]| {
            let mut request = TestRequest::default().method(Method::OPTIONS);
            for line in lines {
                request = request.append_header((ACCESS_CONTROL_REQUEST_HEADERS, *line));
            }
            let mut request = request.to_srv_request();
            normalize_preflight_headers(&mut request);
            let left: Vec<_> = request.headers().get_all(ACCESS_CONTROL_REQUEST_HEADERS).collect();
            left.iter().map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(tidied(&["authorization,, content-type ,"]), ["authorization,content-type"]);
        assert_eq!(tidied(&["a", "", "b,"]), ["a,b"]);
        assert!(tidied(&[" , ,"]).is_empty() && tidied(&[]).is_empty());
    }
}
