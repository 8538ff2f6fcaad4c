//! Addresses of HTTP services. They are printed and logged, so they carry no credentials.

use url::Url;

use super::{FromSetting, MASK};

/// An http or https address without user name and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpUrl(pub Url);

impl FromSetting for HttpUrl {
    fn from_setting(text: &str) -> Result<Self, String> {
        let invalid = || "is not an http or https URL, such as https://auth.example.com".to_owned();
        let url = Url::parse(text).map_err(|_| invalid())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(invalid());
        }
        reject_credentials(text, &url)?;
        if text.contains('#') {
            return Err("holds a # with a part that is never sent: write it without".to_owned());
        }
        Ok(Self(url))
    }

    /// A query may hold a key: its values are masked.
    fn shown(text: &str) -> String {
        let Some((place, query)) = text.split_once('?') else { return text.to_owned() };
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) => format!("{name}={MASK}"),
            None => MASK.to_owned(),
        });
        let query = pairs.collect::<Vec<_>>().join("&");
        format!("{place}?{query}")
    }
}

/// Rejects `https://user:password@host`, and `https://@host`, which the parser makes the same as `https://host`.
pub(crate) fn reject_credentials(text: &str, url: &Url) -> Result<(), String> {
    let authority = text.split_once(':').map_or(text, |(_, rest)| rest);
    let authority = authority.trim_start_matches(['/', '\\']);
    let authority = authority.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    if url.username().is_empty() && url.password().is_none() && !authority.contains('@') {
        return Ok(());
    }
    Err("holds a user name or a password: write it without them, as in https://host/path"
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_a_url_are_rejected_without_being_repeated() {
        for text in [
            "https://canary@host/x",
            "https://user:canary@host",
            "https://:canary@host",
            "https://@host/canary",
            "https:user:canary@host",
            r"https:\\user:canary@host",
            "https:////user:canary@host",
            "HTTPS://user:can%61ry@host",
            "https://user:can@ary@host",
            "https://u:canary@[::1]:8080/x",
        ] {
            let why = HttpUrl::from_setting(text).unwrap_err();
            assert!(why.contains("https://host/path") && !why.contains("canary"), "{text}: {why}");
        }
        for text in [
            "canary",
            "ftp://canary@host",
            "http://",
            "https://ho st/canary",
            "//u:canary@h",
            "data:,canary",
        ] {
            let why = HttpUrl::from_setting(text).unwrap_err();
            assert!(why.starts_with("is not an http") && !why.contains("canary"), "{text}: {why}");
        }
        for text in ["https://host/a@b", "http://host:8080?mail=a@b"] {
            assert!(HttpUrl::from_setting(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_fragment_is_rejected_without_being_repeated() {
        for text in [
            "https://host/#canary",
            "https://host?x=1#canary",
            "http://host#",
            "http://host/a#b@canary",
        ] {
            let why = HttpUrl::from_setting(text).unwrap_err();
            assert!(why.starts_with("holds a #") && !why.contains("canary"), "{text}: {why}");
        }
    }

    #[test]
    fn the_values_of_a_query_are_not_shown() {
        for (text, shown) in [
            ("https://host/a", "https://host/a"),
            ("https://host/a?key=canary&x=1", "https://host/a?key=********&x=********"),
            ("https://host/a?canary", "https://host/a?********"),
        ] {
            assert_eq!(HttpUrl::shown(text), shown);
        }
    }
}
