//! Checks the quotes of a CSV record. The parser does not report a missing quote: without this check, rows would
//! silently become part of a value.

/// The state of the check: where the next byte is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum QuoteState {
    /// At the beginning of a value.
    #[default]
    ValueStart,
    /// Inside a value without quotes.
    Unquoted,
    /// Inside quotes.
    Quoted,
    /// After a quote inside quotes: it ends the value, or is the first of two that stand for one quote.
    AfterQuote,
}

impl QuoteState {
    /// Reads bytes of a record. `false` if there is text after a closing quote.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> bool {
        let mut is_good = true;
        for byte in bytes {
            *self = match (*self, byte) {
                (Self::Quoted, b'"') => Self::AfterQuote,
                (Self::Quoted, _) | (Self::ValueStart | Self::AfterQuote, b'"') => Self::Quoted,
                (_, b',' | b'\n' | b'\r') => Self::ValueStart,
                (Self::AfterQuote, _) => {
                    is_good = false;
                    Self::Unquoted
                }
                (Self::ValueStart | Self::Unquoted, _) => Self::Unquoted,
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
            // The same text in parts.
            let mut in_parts = QuoteState::default();
            let mut found = true;
            for byte in text.bytes() {
                found &= in_parts.pass(&[byte]);
            }
            assert_eq!((found, in_parts), (is_good, quotes), "{text:?}");
        }
    }
}
