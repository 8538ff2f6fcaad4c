//! Cursors: positions in the feed. They are opaque to verifiers.

use std::fmt;

use crate::store::revocations::FeedPosition;

/// `epoch.seq.tag`, the tag as 16 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The epoch of the table. A new one begins after the database lost entries.
    pub(super) epoch: String,
    /// The position of the last entry that the verifier has.
    pub(super) position: FeedPosition,
}

impl Cursor {
    /// Reads a cursor. `None` for any other text, cursors of earlier versions included: they have no tag.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (epoch, seq, tag) = (parts.next()?, parts.next()?, parts.next()?);
        let is_whole = parts.next().is_none()
            && seq.bytes().all(|byte| byte.is_ascii_digit())
            && tag.len() == 16
            && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
        let tag = u64::from_str_radix(tag, 16).ok()?.cast_signed();
        let position = FeedPosition { seq: seq.parse().ok()?, tag };
        is_whole.then(|| Self { epoch: epoch.to_owned(), position })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, position } = self;
        write!(f, "{epoch}.{}.{:016x}", position.seq, position.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for tag in [0, 1, -1, i64::MIN, i64::MAX, 0x0123_4567_89ab_cdef] {
            let position = FeedPosition { seq: i64::MAX, tag };
            let cursor = Cursor { epoch: "e0c".to_owned(), position };
            assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        }
    }

    #[test]
    fn any_other_text_is_no_cursor() {
        let good = "e.12.0123456789abcdef";
        assert!(Cursor::parse(good).is_some());
        for bad in [
            "",
            ".",
            "..",
            "e.12",
            "e.12.",
            "e.12.0123",
            "e.-1.0123456789abcdef",
            "e.+1.0123456789abcdef",
            "e..0123456789abcdef",
            "e.9223372036854775808.0123456789abcdef",
            "e.12.0123456789abcdeg",
            "e.12.+123456789abcdef",
            "e.12.0123456789abcdef.",
            "e.12.0123456789abcdef0",
            "e.12.é23456789abcdef",
        ] {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }
}
