//! The language of mails to a user.

use std::fmt;

/// Maximum length of a language tag.
const MAX_TAG_LEN: usize = 35;

/// The primary language of a tag (RFC 5646), in lower case: `pt` of `pt-BR`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Locale(String);

impl Locale {
    /// Reads a language tag.
    ///
    /// # Errors
    /// When the text is not a language tag.
    pub fn parse(tag: &str) -> Result<Self, &'static str> {
        let mut parts = tag.split('-');
        let primary = parts.next().unwrap_or_default();
        let is_language = matches!(primary.len(), 2..=3)
            && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_part = |part: &str| {
            matches!(part.len(), 1..=8) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if tag.len() > MAX_TAG_LEN || !is_language || !parts.all(is_part) {
            return Err("is not a language tag, such as es or pt-BR");
        }
        Ok(Self(primary.to_ascii_lowercase()))
    }

    /// The known language with the highest weight in a header `Accept-Language` (RFC 9110 §12.5.4).
    pub fn preferred(header: &str, is_known: impl Fn(&Self) -> bool) -> Option<Self> {
        let weighted = header.split(',').take(20).filter_map(|item| {
            let (tag, parameter) = item.split_once(';').unwrap_or((item, "q=1"));
            let weight = parameter.trim().strip_prefix("q=")?.parse::<f32>().ok()?;
            let locale = Self::parse(tag.trim()).ok()?;
            (weight > 0.0 && is_known(&locale)).then_some((locale, weight))
        });
        let mut best: Option<(Self, f32)> = None;
        for (locale, weight) in weighted {
            // If several have the same weight, the first one counts.
            if best.as_ref().is_none_or(|(_, highest)| weight > *highest) {
                best = Some((locale, weight));
            }
        }
        best.map(|(locale, _)| locale)
    }

    /// The stored form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_as_its_language() {
        for (tag, expected) in [("es", "es"), ("pt-BR", "pt"), ("EN", "en"), ("zh-Hant-TW", "zh")] {
            assert_eq!(Locale::parse(tag).unwrap().as_str(), expected);
        }
        let long = format!("en-{}", "a".repeat(40));
        for bad in ["", "e", "engl", "e1", "en_US", "en-", "en-é", "../en", "en\r\nX: y", &long] {
            assert!(Locale::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_known_language_with_the_highest_weight_is_preferred() {
        let known = |locale: &Locale| ["en", "es", "pt"].contains(&locale.as_str());
        for (header, expected) in [
            ("es", Some("es")),
            ("fr-CH, fr;q=0.9, pt;q=0.8, en;q=0.7", Some("pt")),
            ("en;q=0.3, es;q=0.5", Some("es")),
            ("en-GB,es", Some("en")),
            ("es;q=0, pt;q=0.1", Some("pt")),
            ("de, *;q=0.5", None),
            ("", None),
            (";;q=,=", None),
        ] {
            let found = Locale::preferred(header, known);
            assert_eq!(found.as_ref().map(Locale::as_str), expected, "{header}");
        }
    }
}
