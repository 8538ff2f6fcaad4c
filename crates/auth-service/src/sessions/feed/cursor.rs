//! A place in the feed, as verifiers hold it: opaque to them.

use std::fmt;

/// `epoch.seq`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Which database's feed.
    pub(super) epoch: String,
    /// The last entry seen.
    pub(super) seq: i64,
}

impl Cursor {
    /// Reads a cursor; `None` for what is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (epoch, seq) = text.split_once('.')?;
        Some(Self { epoch: epoch.to_owned(), seq: seq.parse().ok()? })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.seq)
    }
}
