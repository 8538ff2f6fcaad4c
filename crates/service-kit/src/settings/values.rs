//! How the text of a setting becomes a value.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use secrecy::SecretString;
use url::Url;

/// A type a setting can have.
pub trait FromSetting: Sized {
    /// Parses the text; the error says in words what would be right.
    ///
    /// # Errors
    /// When the text is not of this type.
    fn from_setting(text: &str) -> Result<Self, String>;
}

macro_rules! parsed {
    ($($type:ty: $expected:literal),* $(,)?) => {$(
        impl FromSetting for $type {
            fn from_setting(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| format!(concat!("{:?} is not ", $expected), text))
            }
        }
    )*};
}

parsed! {
    SocketAddr: "an address with a port, such as 127.0.0.1:8080",
    IpAddr: "an IP address",
    u16: "a whole number",
    u32: "a whole number",
    u64: "a whole number",
    usize: "a whole number",
    Url: "a URL",
}

impl FromSetting for String {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("is empty".to_owned()) } else { Ok(text.to_owned()) }
    }
}

impl FromSetting for PathBuf {
    fn from_setting(text: &str) -> Result<Self, String> {
        String::from_setting(text).map(Self::from)
    }
}

impl FromSetting for SecretString {
    fn from_setting(text: &str) -> Result<Self, String> {
        String::from_setting(text).map(Self::from)
    }
}

/// `on` or `off` (also `true`, `false`, `1`, `0`).
impl FromSetting for bool {
    fn from_setting(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "on" | "true" | "1" => Ok(true),
            "off" | "false" | "0" => Ok(false),
            _ => Err(format!("{text:?} is neither on nor off")),
        }
    }
}

/// A length of time with its unit: `15m`, `30d`, `500ms`, `1h 30m`.
impl FromSetting for Duration {
    fn from_setting(text: &str) -> Result<Self, String> {
        humantime::parse_duration(text)
            .map_err(|_| format!("{text:?} is not a length of time, such as 10s, 15m, 1h or 30d"))
    }
}

/// A length of time, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age(pub Option<Duration>);

impl FromSetting for Age {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        Duration::from_setting(text)
            .map(|age| Self(Some(age)))
            .map_err(|why| format!("{why}; or off"))
    }
}

/// Items between commas; none when empty or `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T: FromSetting> FromSetting for List<T> {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text.is_empty() || text == "none" {
            return Ok(Self(Vec::new()));
        }
        text.split(',').map(|item| T::from_setting(item.trim())).collect::<Result<_, _>>().map(Self)
    }
}

/// `off`, or a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice<T>(pub Option<T>);

impl<T: FromSetting> FromSetting for Choice<T> {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text == "off" {
            Ok(Self(None))
        } else {
            T::from_setting(text).map(|value| Self(Some(value)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_units() {
        assert_eq!(Duration::from_setting("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(Duration::from_setting("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert!(Duration::from_setting("15").is_err());
        assert!(Duration::from_setting("-1s").is_err());
        assert_eq!(Age::from_setting("off"), Ok(Age(None)));
    }

    #[test]
    fn lists_may_be_empty() {
        assert_eq!(List::<String>::from_setting(""), Ok(List(vec![])));
        let two = List(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(List::from_setting("a, b"), Ok(two));
        assert!(List::<String>::from_setting("a,,b").is_err());
    }
}
