//! How the text of a setting becomes a value.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use secrecy::SecretString;

/// A type a setting can have.
pub trait FromSetting: Sized {
    /// The separator between items, if the setting is a list; a TOML array is joined with it.
    const SEPARATOR: Option<char> = None;

    /// Parses the text; the error says in words what would be right, and never repeats the text: it may be a
    /// secret that was put into the wrong setting.
    ///
    /// # Errors
    /// When the text is not of this type.
    fn from_setting(text: &str) -> Result<Self, String>;

    /// The text as the `config` command prints it.
    fn shown(text: &str) -> String {
        text.to_owned()
    }
}

macro_rules! from_setting_by_parse {
    ($($type:ty: $expected:literal),* $(,)?) => {$(
        impl FromSetting for $type {
            fn from_setting(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| concat!("is not ", $expected).to_owned())
            }
        }
    )*};
}

from_setting_by_parse! {
    SocketAddr: "an address with a port, such as 127.0.0.1:8080",
    IpAddr: "an IP address",
    u16: "a whole number",
    u32: "a whole number",
    u64: "a whole number",
    usize: "a whole number",
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
            _ => Err("is neither on nor off".to_owned()),
        }
    }
}

/// A duration with its unit: `15m`, `30d`, `500ms`, `1h 30m`.
impl FromSetting for Duration {
    fn from_setting(text: &str) -> Result<Self, String> {
        humantime::parse_duration(text)
            .map_err(|_| "is not a duration, such as 10s, 15m, 1h or 30d".to_owned())
    }
}

/// Items between commas, or `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T: FromSetting> FromSetting for List<T> {
    const SEPARATOR: Option<char> = Some(',');

    fn from_setting(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(Vec::new()));
        }
        let items = text.split(',').map(str::trim).enumerate().map(|(index, item)| {
            let item_error = |why: &str| format!("item {} of the list {why}", index + 1);
            if item.is_empty() || item.contains(char::is_whitespace) {
                return Err(item_error("is empty or holds a blank"));
            }
            T::from_setting(item).map_err(|why| item_error(&without_value(&why, item)))
        });
        items.collect::<Result<_, _>>().map(Self)
    }
}

/// `off`, or a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrOff<T>(pub Option<T>);

impl<T: FromSetting> FromSetting for OrOff<T> {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text == "off" {
            Ok(Self(None))
        } else {
            T::from_setting(text)
                .map(|value| Self(Some(value)))
                .map_err(|why| format!("{why}; or off"))
        }
    }

    fn shown(text: &str) -> String {
        T::shown(text)
    }
}

/// Removes the value from a reason that repeats it. Types should not repeat values; this is a second safeguard.
pub(super) fn without_value(reason: &str, value: &str) -> String {
    // A value this short may also be a word of the sentence.
    if value.len() < 6 {
        return reason.to_owned();
    }
    let quoted = format!("{value:?}");
    let escaped = &quoted[1..quoted.len() - 1];
    reason.replace(&quoted, "its value").replace(escaped, "***").replace(value, "***")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(Duration::from_setting("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(Duration::from_setting("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert!(Duration::from_setting("15").is_err());
        assert!(Duration::from_setting("-1s").is_err());
        assert_eq!(OrOff::<Duration>::from_setting("off"), Ok(OrOff(None)));
    }

    #[test]
    fn lists_have_commas_and_may_be_none() {
        assert_eq!(List::<String>::from_setting("none"), Ok(List(vec![])));
        let two = List(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(List::from_setting("a, b"), Ok(two));
        for bad in ["", "a,,b", "a,", ",a", "a b", "a,b c", "a,b\tc"] {
            assert!(List::<String>::from_setting(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_reason_that_repeats_the_value_loses_it() {
        assert_eq!(without_value("\"canary\" is bad", "canary"), "its value is bad");
        assert_eq!(without_value("bad: canary!", "canary"), "bad: ***!");
        assert_eq!(without_value(&format!("{:?}?", "ca\"na\nry"), "ca\"na\nry"), "its value?");
        assert_eq!(without_value("is not on", "on"), "is not on");
    }
}
