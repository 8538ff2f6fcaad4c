//! Some entries of the feed, with their JSON text.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use service_kit::unix_time::UnixSeconds;

use crate::store::revocations::{FeedPosition, FeedRow};

/// One entry.
#[derive(Clone, Debug)]
pub(in crate::sessions::feed) struct Revocation {
    pub(in crate::sessions::feed) position: FeedPosition,
    pub(super) previous_tag: i64,
    pub(in crate::sessions::feed) until: UnixSeconds,
    pub(in crate::sessions::feed) subject: Subject,
    /// Where its text ends within the text of its block.
    end: usize,
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::sessions::feed) enum Subject {
    /// A session or a service account, by id.
    Session(Arc<str>),
    /// A user whose tokens must have at least this rights version.
    Rights { user_id: Arc<str>, min_version: i64 },
}

impl Subject {
    fn to_wire(&self, until: UnixSeconds) -> claims::Revocation {
        let until = until.as_i64();
        match self {
            Self::Session(sid) => claims::Revocation::Session { sid: sid.to_string(), until },
            Self::Rights { user_id, min_version } => claims::Revocation::Rights {
                sub: user_id.to_string(),
                min_ver: *min_version,
                until,
            },
        }
    }
}

/// Consecutive entries.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) entries: Vec<Revocation>,
    /// Their JSON objects, separated by commas.
    pub(super) text: Bytes,
    /// The earliest end of an entry, so that pruning can skip a block without reading its entries.
    pub(super) earliest_end: UnixSeconds,
}

impl Block {
    /// The number of its last entry in the feed; 0 if it is empty.
    pub(super) fn newest_number(&self) -> i64 {
        self.entries.last().map_or(0, |entry| entry.position.seq)
    }

    /// The text of the entries from one index up to another.
    pub(super) fn slice(&self, from: usize, to: usize) -> Bytes {
        self.text.slice(self.start(from)..self.entries[to - 1].end)
    }

    fn start(&self, index: usize) -> usize {
        index.checked_sub(1).map_or(0, |before| self.entries[before].end + 1)
    }
}

#[derive(Default)]
pub(super) struct BlockBuilder {
    pub(super) entries: Vec<Revocation>,
    text: BytesMut,
}

impl BlockBuilder {
    pub(super) fn add(&mut self, row: FeedRow) {
        let FeedRow { seq, tag, previous_tag, sid, until, user_id, min_version } = row;
        let subject = match (user_id, min_version) {
            (Some(user_id), Some(min_version)) => {
                Subject::Rights { user_id: user_id.into(), min_version }
            }
            _ => Subject::Session(sid.into()),
        };
        // Texts and numbers always have a JSON form.
        let text = serde_json::to_vec(&subject.to_wire(until)).unwrap_or_default();
        let position = FeedPosition { seq, tag };
        self.push(Revocation { position, previous_tag, until, subject, end: 0 }, &text);
    }

    /// Appends the entries of a block for which `keep` returns `true`, with their text unchanged.
    pub(super) fn extend(&mut self, block: &Block, keep: impl Fn(&Revocation) -> bool) {
        for (index, entry) in block.entries.iter().enumerate() {
            if keep(entry) {
                self.push(entry.clone(), &block.text[block.start(index)..entry.end]);
            }
        }
    }

    fn push(&mut self, mut entry: Revocation, text: &[u8]) {
        if !self.entries.is_empty() {
            self.text.extend_from_slice(b",");
        }
        self.text.extend_from_slice(text);
        entry.end = self.text.len();
        self.entries.push(entry);
    }

    pub(super) fn finish(self) -> Block {
        let ends = self.entries.iter().map(|entry| entry.until);
        let earliest_end = ends.min().unwrap_or(UnixSeconds::MAX);
        Block { entries: self.entries, text: self.text.freeze(), earliest_end }
    }
}
