//! The cookie of a trusted device, for browsers. It is sent with every request to this host; only log-ins read it.

use actix_web::{
    cookie::{Cookie, SameSite, time::Duration},
    http::header::HeaderMap,
};

use super::cookie_header;
use crate::{settings::AuthSettings, throttle::DEVICE_TOKEN_TTL};

/// The name over plain http.
const PLAIN_NAME: &str = "device_token";

/// The name over https: a browser accepts such a cookie only from this exact host.
const HOST_NAME: &str = "__Host-device_token";

/// Most cookies with our name that are read. Normally there is one; other hosts of the domain may have set more.
const MAX_COOKIES: usize = 4;

/// The name and the attributes of the cookie.
#[derive(Clone, Debug)]
pub(crate) struct DeviceCookie {
    name: &'static str,
    secure: bool,
}

impl DeviceCookie {
    /// The cookie for the issuer's address.
    pub(crate) fn new(settings: &AuthSettings) -> Self {
        let name = if settings.public_url.is_https() { HOST_NAME } else { PLAIN_NAME };
        Self { name, secure: settings.secure_cookie() }
    }

    /// A cookie with a token.
    pub(crate) fn with_token(&self, token: String) -> Cookie<'static> {
        Cookie::build(self.name, token)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Strict)
            .secure(self.secure)
            .max_age(Duration::try_from(DEVICE_TOKEN_TTL).unwrap_or(Duration::MAX))
            .finish()
    }

    /// The values of our cookies in a request, not verified.
    pub(crate) fn sent(&self, headers: &HeaderMap) -> Vec<String> {
        let values = cookie_header::values(headers, self.name).take(MAX_COOKIES);
        values.map(|value| String::from_utf8_lossy(value).into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{COOKIE, HeaderValue};
    use service_kit::settings::Settings;

    use super::*;

    fn cookie(issuer: &str) -> DeviceCookie {
        let pairs = [("AUTH_ISSUER", issuer), ("AUTH_ALLOW_HTTP_ISSUER", "on")];
        DeviceCookie::new(&AuthSettings::take(Settings::from_pairs("AUTH", pairs)).unwrap())
    }

    #[test]
    fn its_name_and_security_follow_the_issuer() {
        for (issuer, expected) in [
            ("http://127.0.0.1:8080", "device_token=t; HttpOnly; SameSite=Strict; Path=/"),
            (
                "http://auth.example.com",
                "device_token=t; HttpOnly; SameSite=Strict; Secure; Path=/",
            ),
            (
                "https://example.com/auth",
                "__Host-device_token=t; HttpOnly; SameSite=Strict; Secure; Path=/",
            ),
        ] {
            let set = cookie(issuer).with_token("t".to_owned()).to_string();
            assert_eq!(set, format!("{expected}; Max-Age=5184000"), "{issuer}");
        }
    }

    #[test]
    fn a_cookie_that_another_host_set_does_not_hide_our_own() {
        let mut headers = HeaderMap::new();
        let line = "device_token=planted; __Host-device_token=a; device_token=own";
        headers.insert(COOKIE, HeaderValue::from_static(line));
        assert_eq!(cookie("http://127.0.0.1:8080").sent(&headers), ["planted", "own"]);
        assert_eq!(cookie("https://example.com").sent(&headers), ["a"]);
    }
}
