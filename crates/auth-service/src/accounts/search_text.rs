//! The text that an administrator types to find users.

use service_kit::{ids::UserId, text_key::text_key};

/// Maximum length of a search text in characters: no name and no address is longer.
const MAX_CHARS: usize = 320;

/// A parsed search text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchText {
    /// The user with this id.
    Id(UserId),
    /// The beginning of an address: the text contains `@`.
    Address(String),
    /// The beginning of a name or of an address.
    Either(String),
}

/// Why a text cannot be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSearch {
    /// No name or address has so many characters.
    #[error("is too long: at most 320 characters")]
    TooLong,
    /// It has control characters. (PostgreSQL does not accept NUL.)
    #[error("must not have control characters")]
    Control,
}

impl SearchText {
    /// Reads a text and makes its canonical form, so that letter case and width do not matter. `None` if it is empty.
    ///
    /// # Errors
    /// See [`InvalidSearch`].
    pub fn parse(text: &str) -> Result<Option<Self>, InvalidSearch> {
        let text = text.trim();
        if text.chars().count() > MAX_CHARS {
            return Err(InvalidSearch::TooLong);
        }
        if text.contains(char::is_control) {
            return Err(InvalidSearch::Control);
        }
        if let Some(id) = UserId::parse(text) {
            return Ok(Some(Self::Id(id)));
        }
        let key = text_key(text);
        Ok(match (key.is_empty(), key.contains('@')) {
            (true, _) => None,
            (false, true) => Some(Self::Address(key)),
            (false, false) => Some(Self::Either(key)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_means_an_id_an_address_or_either() {
        let id = "0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11";
        let parse = |text| SearchText::parse(text).unwrap();
        assert_eq!(parse(id), Some(SearchText::Id(UserId::parse(id).unwrap())));
        assert_eq!(parse("Ana@"), Some(SearchText::Address("ana@".to_owned())));
        assert_eq!(parse(" ANA "), Some(SearchText::Either("ana".to_owned())));
        assert_eq!(parse("50%_"), Some(SearchText::Either("50%_".to_owned())));
        assert_eq!((parse(""), parse("  ")), (None, None));
        assert_eq!(SearchText::parse("a\0b"), Err(InvalidSearch::Control));
        assert_eq!(SearchText::parse(&"a".repeat(321)), Err(InvalidSearch::TooLong));
    }
}
