//! The address under which clients reach a service.

use url::{Host, Url};

use crate::settings::{FromSetting, HttpUrl};

/// A service's public address: an origin and, behind a proxy that shares one host between services, a path prefix
/// such as `/auth`. The proxy removes the prefix, so routes never see it; links, cookies and documents need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    origin: String,
    prefix: String,
    https: bool,
    local: bool,
}

impl PublicUrl {
    /// The whole address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port, as a browser sends them in `Origin`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The path prefix, such as `/auth`; empty where there is none.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether clients come over https.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether the host is this machine itself.
    pub fn is_local(&self) -> bool {
        self.local
    }
}

impl FromSetting for PublicUrl {
    fn from_setting(text: &str) -> Result<Self, String> {
        let invalid = |why: &str| Err(why.to_owned());
        let HttpUrl(url) = HttpUrl::from_setting(text)?;
        if url.query().is_some() || url.fragment().is_some() || text.ends_with('/') {
            return invalid("must have no query, no fragment and no slash at its end");
        }
        let prefix = if url.path() == "/" { "" } else { url.path() };
        // The prefix is copied into cookies, headers and links. `Url` resolves `.` and `..` and escapes, so the text is
        // checked, too.
        let plain = |segment: &str| !segment.is_empty() && segment.bytes().all(is_unreserved);
        let host = text.strip_suffix(prefix).and_then(|rest| rest.split_once("://"));
        let as_written = host.is_some_and(|(_, host)| !host.contains(['/', '\\']));
        if !as_written || !prefix.split('/').skip(1).all(plain) {
            return invalid(
                "may have only letters, digits and -._~ between the slashes of its path",
            );
        }
        let origin = url.origin().ascii_serialization();
        let https = url.scheme() == "https";
        let (text, prefix, local) = (text.to_owned(), prefix.to_owned(), is_local(&url));
        Ok(Self { text, origin, prefix, https, local })
    }
}

/// RFC 3986 §2.3: what never needs an escape in a path.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, bool, bool) {
        let url = PublicUrl::from_setting(text).unwrap();
        assert_eq!(url.as_str(), text);
        (url.origin, url.prefix, url.https, url.local)
    }

    #[test]
    fn an_address_is_an_origin_and_a_prefix() {
        let owned = |origin: &str, prefix: &str, https, local| {
            (origin.to_owned(), prefix.to_owned(), https, local)
        };
        for (text, expected) in [
            ("http://127.0.0.1:8080", owned("http://127.0.0.1:8080", "", false, true)),
            ("http://[::1]:8080", owned("http://[::1]:8080", "", false, true)),
            ("http://a.localhost", owned("http://a.localhost", "", false, true)),
            ("https://example.com/auth", owned("https://example.com", "/auth", true, false)),
            (
                "https://example.com:444/a/b-1",
                owned("https://example.com:444", "/a/b-1", true, false),
            ),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn what_could_break_out_of_a_cookie_or_a_link_is_rejected() {
        for bad in [
            "example.com/auth",
            "ftp://example.com",
            "https://example.com/",
            "https://example.com/auth/",
            "https://example.com/auth?x",
            "https://example.com/auth#x",
            "https://example.com//auth",
            "https://example.com/a//b",
            "https://example.com/a;Domain=evil",
            "https://example.com/a>b",
            "https://example.com/a b",
            "https://example.com/a%20b",
            "https://example.com/a/../b",
            "https://example.com/a/.",
            "https://example.com/{id}",
            "https:example.com",
            "https://example.com\\auth",
        ] {
            assert!(PublicUrl::from_setting(bad).is_err(), "{bad}");
        }
        let secret = PublicUrl::from_setting("https://ana:s3cret@example.com").unwrap_err();
        assert!(!secret.contains("s3cret"), "{secret}");
    }
}
