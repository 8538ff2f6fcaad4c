//! The filter on the beginning of a name.

use std::fmt;

use service_kit::text_key::text_key;

use crate::store::NameRange;

/// The most characters of a prefix: user names have at most so many (auth-service, `Username`).
const MAX_CHARS: usize = 64;

/// The beginning of a canonical user name. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePrefix(String);

/// Why a text is not a prefix of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidPrefix {
    /// Longer than any name.
    TooLong,
    /// Has a control character; PostgreSQL takes no NUL.
    Control,
}

impl fmt::Display for InvalidPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "too long: {MAX_CHARS} characters at most"),
            Self::Control => f.write_str("must not have control characters"),
        }
    }
}

impl NamePrefix {
    /// Maps the text as names are mapped (width, case, composition), so that it finds a name however
    /// either is written. `None` when it is empty, which filters nothing.
    ///
    /// Characters that no user name may contain are accepted: the filter then matches no one. The bidi (text
    /// direction) rule of RFC 8264 is not applied, because it is defined for whole names only.
    ///
    /// # Errors
    /// When no name can be searched by this text.
    pub fn parse(text: &str) -> Result<Option<Self>, InvalidPrefix> {
        // Composition can shorten a text, but not to less than a quarter.
        if text.chars().count() > 4 * MAX_CHARS {
            return Err(InvalidPrefix::TooLong);
        }
        if text.contains(char::is_control) {
            return Err(InvalidPrefix::Control);
        }
        let prefix = text_key(text);
        // Case folding changes the length: `e` + accent becomes one character, `ß` becomes two. Both forms must be
        // too long.
        if prefix.chars().count() > MAX_CHARS && text.chars().count() > MAX_CHARS {
            return Err(InvalidPrefix::TooLong);
        }
        Ok(Some(prefix).filter(|prefix| !prefix.is_empty()).map(Self))
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names with this prefix. A range is an index scan on both databases, also if the prefix contains `%` or
    /// `_`. Names are compared byte by byte, and UTF-8 keeps the order of code points.
    pub fn range(&self) -> NameRange {
        NameRange { from: self.0.clone(), to: upper_bound(&self.0) }
    }
}

/// The smallest text greater than every text with this prefix; `None` if there is none.
fn upper_bound(prefix: &str) -> Option<String> {
    let mut rest = prefix.to_owned();
    while let Some(last) = rest.pop() {
        // The range steps over the surrogates, which are no characters.
        if let Some(next) = (last..=char::MAX).nth(1) {
            rest.push(next);
            return Some(rest);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> String {
        NamePrefix::parse(text).unwrap().unwrap().0
    }

    #[test]
    fn a_prefix_is_mapped_as_names_are() {
        for (text, mapped) in [
            ("An", "an"),
            ("ＡＮ", "an"),
            ("RENE\u{301}", "rené"),
            ("ΟΔΟΣ", "οδοσ"),
            ("οδος", "οδοσ"),
            ("Straße", "strasse"),
            ("İz", "i\u{307}z"),
            ("ｶﾞ", "ガ"),
            ("\u{1112}\u{1161}\u{11ab}", "한"),
            ("50%_", "50%_"),
        ] {
            assert_eq!(prefix(text), mapped, "{text}");
        }
    }

    #[test]
    fn a_mapped_prefix_is_mapped_to_itself() {
        for text in ["Ａn", "İ", "ǅ", "ẞ", "Ω", "ﬁ", "Å"] {
            assert_eq!(prefix(&prefix(text)), prefix(text), "{text}");
        }
    }

    #[test]
    fn an_empty_prefix_filters_nothing() {
        assert_eq!(NamePrefix::parse(""), Ok(None));
    }

    #[test]
    fn a_text_that_no_name_can_begin_with_is_rejected() {
        assert_eq!(NamePrefix::parse("a\0"), Err(InvalidPrefix::Control));
        assert_eq!(NamePrefix::parse("a\n"), Err(InvalidPrefix::Control));
        assert_eq!(NamePrefix::parse(&"a".repeat(65)), Err(InvalidPrefix::TooLong));
        assert_eq!(NamePrefix::parse(&"a".repeat(100_000)), Err(InvalidPrefix::TooLong));
        for longest in ["e\u{301}", "ß"] {
            assert!(NamePrefix::parse(&longest.repeat(64)).is_ok());
        }
    }

    #[test]
    fn the_range_ends_right_behind_the_last_name_with_the_prefix() {
        assert_eq!(upper_bound("an").as_deref(), Some("ao"));
        assert_eq!(upper_bound("a\u{7f}").as_deref(), Some("a\u{80}"));
        assert_eq!(upper_bound("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(upper_bound("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(upper_bound("\u{10ffff}"), None);
    }

    #[test]
    fn a_text_is_in_the_range_exactly_if_it_has_the_prefix() {
        let texts =
            ["", "a", "an", "an\u{10ffff}", "ana", "ao", "b", "an%", "aN", "añ", "\u{10ffff}"];
        for begin in ["a", "an", "añ", "\u{10ffff}", "%"] {
            let NameRange { from, to } = NamePrefix(begin.to_owned()).range();
            for text in texts {
                let in_range = text >= from.as_str() && to.as_deref().is_none_or(|to| text < to);
                assert_eq!(in_range, text.starts_with(begin), "{text} in {begin}");
            }
        }
    }
}
