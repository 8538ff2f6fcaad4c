//! The refresh token's cookie, for browsers.
//!
//! Over https its name begins with `__Host-`: a browser accepts such a cookie only from this exact host, with `Secure`
//! and `Path=/` (RFC 6265bis §4.1.3.2), so no sibling host can set or shadow it. Earlier versions used the name
//! `refresh_token_cookie` over https too. A cookie with this old name is accepted only for sessions that began before
//! the new name was used.

use std::time::Duration;

use actix_web::{
    cookie::{Cookie, SameSite, time},
    http::header::HeaderMap,
};
use service_kit::unix_time::UnixSeconds;

use super::cookie_header;
use crate::settings::AuthSettings;

/// The name over plain http (as in flask-jwt-extended), and the old name over https.
const PLAIN_NAME: &str = "refresh_token_cookie";

/// The name over https.
const HOST_NAME: &str = "__Host-refresh_token";

/// The routes that read it. Over plain http browsers send it only to these.
const ROUTES: &str = "/api/auth";

/// The name and the attributes of the cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefreshCookie {
    name: &'static str,
    path: String,
    secure: bool,
    /// When a version with [`HOST_NAME`] first used the database; `None` over plain http.
    host_name_since: Option<UnixSeconds>,
}

/// Our cookie in a request.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SentCookie {
    /// Its value, not verified.
    pub(crate) unverified_token: String,
    /// Whether it has the old name.
    pub(crate) has_old_name: bool,
}

/// The request has more than one cookie with our name. It cannot be decided which one was set by this service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeveralCookies;

impl RefreshCookie {
    /// The cookie with the attributes for these settings. `since`: when [`HOST_NAME`] was first used, ignored over
    /// plain http.
    pub(crate) fn new(settings: &AuthSettings, since: Option<UnixSeconds>) -> Self {
        let public = &settings.public_url;
        let https = public.is_https();
        Self {
            name: if https { HOST_NAME } else { PLAIN_NAME },
            path: if https { "/".to_owned() } else { format!("{}{ROUTES}", public.prefix()) },
            secure: settings.secure_cookie(),
            host_name_since: since.filter(|_| https),
        }
    }

    /// The cookie's name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// A cookie with a refresh token, which browsers keep for `max_age`.
    pub(crate) fn with_token(&self, token: String, max_age: Duration) -> Cookie<'static> {
        let mut cookie = self.empty(self.name, self.path.clone());
        cookie.set_value(token);
        cookie.set_max_age(time::Duration::try_from(max_age).unwrap_or(time::Duration::MAX));
        cookie
    }

    /// A cookie that makes the browser delete ours.
    pub(crate) fn removal(&self) -> Cookie<'static> {
        let mut cookie = self.empty(self.name, self.path.clone());
        cookie.make_removal();
        cookie
    }

    /// A cookie that makes the browser delete the one with the old name. When that name was used over https, an issuer
    /// had no path, so the cookie's path has no prefix.
    pub(crate) fn old_removal(&self) -> Cookie<'static> {
        let mut cookie = self.empty(PLAIN_NAME, ROUTES.to_owned());
        cookie.make_removal();
        cookie
    }

    /// Finds our cookie in a request. If there is one with the current name, a cookie with the old name is ignored.
    ///
    /// # Errors
    /// When there are several.
    pub(crate) fn find(&self, headers: &HeaderMap) -> Result<Option<SentCookie>, SeveralCookies> {
        if let Some(cookie) = single_cookie(headers, self.name, false)? {
            return Ok(Some(cookie));
        }
        if self.host_name_since.is_some() {
            single_cookie(headers, PLAIN_NAME, true)
        } else {
            Ok(None)
        }
    }

    /// Whether a cookie with the old name is accepted for a session that began at this time: only if that was before
    /// the current name was used. (A sibling host can set such a cookie, with a token of its own session.)
    pub(crate) fn accepts_old_for(&self, session_created_at: UnixSeconds) -> bool {
        self.host_name_since.is_some_and(|since| session_created_at < since)
    }

    fn empty(&self, name: &'static str, path: String) -> Cookie<'static> {
        Cookie::build(name, "")
            .path(path)
            .http_only(true)
            .same_site(SameSite::Strict)
            .secure(self.secure)
            .finish()
    }
}

fn single_cookie(
    headers: &HeaderMap,
    name: &str,
    has_old_name: bool,
) -> Result<Option<SentCookie>, SeveralCookies> {
    let mut values = cookie_header::values(headers, name);
    let found = values.next().map(|value| SentCookie {
        unverified_token: String::from_utf8_lossy(value).into_owned(),
        has_old_name,
    });
    if values.next().is_some() { Err(SeveralCookies) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{COOKIE, HeaderValue};
    use service_kit::settings::Settings;

    use super::*;

    fn cookie(issuer: &str) -> RefreshCookie {
        let pairs = [("AUTH_ISSUER", issuer), ("AUTH_ALLOW_HTTP_ISSUER", "on")];
        let settings = Settings::from_pairs("AUTH", pairs);
        RefreshCookie::new(&AuthSettings::take(settings).unwrap(), Some(UnixSeconds::new(1_000)))
    }

    #[test]
    fn its_name_path_and_security_follow_the_issuer() {
        for (issuer, expected) in [
            (
                "http://127.0.0.1:8080",
                "refresh_token_cookie=t; HttpOnly; SameSite=Strict; Path=/api/auth",
            ),
            (
                "http://localhost/auth",
                "refresh_token_cookie=t; HttpOnly; SameSite=Strict; Path=/auth/api/auth",
            ),
            (
                "http://auth.example.com",
                "refresh_token_cookie=t; HttpOnly; SameSite=Strict; Secure; Path=/api/auth",
            ),
            (
                "https://example.com",
                "__Host-refresh_token=t; HttpOnly; SameSite=Strict; Secure; Path=/",
            ),
            (
                "https://example.com/auth",
                "__Host-refresh_token=t; HttpOnly; SameSite=Strict; Secure; Path=/",
            ),
        ] {
            let set =
                cookie(issuer).with_token("t".to_owned(), Duration::from_secs(60)).to_string();
            assert_eq!(set, format!("{expected}; Max-Age=60"), "{issuer}");
        }
    }

    #[test]
    fn a_cookie_with_the_current_name_is_preferred_to_one_with_the_old_name() {
        let sent = |issuer: &str, line: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_static(line));
            let found = cookie(issuer).find(&headers);
            found.map(|found| found.map(|cookie| (cookie.unverified_token, cookie.has_old_name)))
        };
        let one = |value: &str, has_old_name| Ok(Some((value.to_owned(), has_old_name)));
        let (https, http) = ("https://example.com", "http://127.0.0.1:8080");
        assert_eq!(sent(https, "a=b"), Ok(None));
        assert_eq!(sent(https, "__Host-refresh_token=1; refresh_token_cookie=2"), one("1", false));
        assert_eq!(sent(https, "refresh_token_cookie=2"), one("2", true));
        assert_eq!(sent(https, "__host-refresh_token=1"), Ok(None));
        let planted = "refresh_token_cookie=2; __Host-refresh_token=1; refresh_token_cookie=3";
        assert_eq!(sent(https, planted), one("1", false));
        assert_eq!(
            sent(https, "__Host-refresh_token=1; __Host-refresh_token=1"),
            Err(SeveralCookies)
        );
        assert_eq!(
            sent(https, "refresh_token_cookie=2; refresh_token_cookie="),
            Err(SeveralCookies)
        );
        assert_eq!(sent(http, "refresh_token_cookie=2; __Host-refresh_token=1"), one("2", false));
        assert_eq!(sent(http, "__Host-refresh_token=1"), Ok(None));
        assert_eq!(
            sent(http, "refresh_token_cookie=2; refresh_token_cookie=2"),
            Err(SeveralCookies)
        );
    }

    #[test]
    fn the_old_name_is_accepted_only_for_sessions_that_began_before_the_new_name() {
        let cookie = cookie("https://example.com");
        let counts = |created_at| cookie.accepts_old_for(UnixSeconds::new(created_at));
        assert!(counts(999) && !counts(1_000));
    }
}
