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
    pub(in crate::sessions::feed) sid: Arc<str>,
    /// The end of its text within the text of its block.
    end: usize,
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
        let FeedRow { seq, tag, previous_tag, sid, until } = row;
        let wire = claims::Revocation { sid, until: until.as_i64() };
        // A text and a number always have a JSON form.
        let text = serde_json::to_vec(&wire).unwrap_or_default();
        let (position, sid) = (FeedPosition { seq, tag }, wire.sid.into());
        self.push(Revocation { position, previous_tag, until, sid, end: 0 }, &text);
    }

    /// Those entries of a block that fit, their text as it is.
    pub(super) fn extend(&mut self, block: &Block, fits: impl Fn(&Revocation) -> bool) {
        for (index, entry) in block.entries.iter().enumerate() {
            if fits(entry) {
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
