//! Follows the quotes of a CSV record. The parser takes a quote that is missing without a word: rows would become part of
//! a value.

/// Where in a value the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum QuoteState {
    /// At its beginning.
    #[default]
    Start,
    /// Inside a value without quotes.
    Unquoted,
    /// Inside quotes.
    Quoted,
    /// Behind a quote that ends the value, or is the first of two that stand for one.
    AfterQuote,
}

impl QuoteState {
    /// Passes bytes of a record. `false` if a value goes on behind its closing quote.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> bool {
        let mut is_good = true;
        for byte in bytes {
            *self = match (*self, byte) {
                (Self::Quoted, b'"') => Self::AfterQuote,
                (Self::Quoted, _) | (Self::Start | Self::AfterQuote, b'"') => Self::Quoted,
                (_, b',' | b'\n' | b'\r') => Self::Start,
                (Self::AfterQuote, _) => {
                    is_good = false;
                    Self::Unquoted
                }
                (Self::Start | Self::Unquoted, _) => Self::Unquoted,
            };
        }
        is_good
    }

    /// Whether a closing quote is missing, if the record ends here.
    pub(super) fn is_open(self) -> bool {
        self == Self::Quoted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_followed_as_rfc_4180_has_them() {
        for (text, is_good, is_open) in [
            ("a,b\n", true, false),
            ("a,5\" b,c", true, false),
            ("\"a\",\"\",\"b \"\"c\"\"\"\r\n", true, false),
            ("\"a\nb\",c\n", true, false),
            ("\"a\nb,c\n", true, true),
            ("\"a\" ,b", false, false),
            ("\"a\nb,\"hello\"\n", false, false),
        ] {
            let mut quotes = QuoteState::default();
            let found = quotes.pass(text.as_bytes());
            assert_eq!((found, quotes.is_open()), (is_good, is_open), "{text:?}");
            // The same in parts.
            let mut in_parts = QuoteState::default();
            let mut found = true;
            for byte in text.bytes() {
                found &= in_parts.pass(&[byte]);
            }
            assert_eq!((found, in_parts), (is_good, quotes), "{text:?}");
        }
    }
}
