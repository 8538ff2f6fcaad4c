//! The contents of the feed at one moment: entries in the order of the table, with their JSON text. The wire format is
//! built here, so that answers share the bytes.
//!
//! Entries are in blocks that never change. So new contents share all blocks with the old contents, except the last
//! block, and an answer consists of slices of the blocks' text.

mod block;

use std::sync::Arc;

use bytes::Bytes;
use service_kit::unix_time::UnixSeconds;

use self::block::{Block, BlockBuilder};
pub(super) use self::block::{Revocation, Subject};
use super::cursor::Cursor;
use crate::store::revocations::{FeedPosition, FeedRow};

/// Most entries in one block. When an entry is appended, the last block is copied.
const MAX_BLOCK_ENTRIES: usize = 512;

/// The contents of the feed. Making new contents from them is cheap, because the blocks are shared.
#[derive(Clone, Debug)]
pub(super) struct Contents {
    /// The epoch of the table: a new one begins after the database lost entries.
    pub(super) epoch: Arc<str>,
    /// The position up to which the table was read.
    pub(super) head: FeedPosition,
    blocks: Vec<Arc<Block>>,
    len: usize,
    bytes: usize,
}

/// The entries of one answer.
#[derive(Debug)]
pub(super) struct EntryRange {
    /// JSON objects, separated by commas.
    pub(super) text: Vec<Bytes>,
    pub(super) entries: usize,
    /// The position of the last entry.
    pub(super) last: FeedPosition,
    /// Whether there are further entries.
    pub(super) more: bool,
}

impl Contents {
    pub(super) fn new(epoch: &str, head: FeedPosition) -> Self {
        Self { epoch: epoch.into(), head, blocks: Vec::new(), len: 0, bytes: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes of JSON text.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// All entries in the order of the table.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Revocation> {
        self.blocks.iter().flat_map(|block| &block.entries)
    }

    /// Whether the cursor is a position of this epoch that can still be checked.
    pub(super) fn can_verify(&self, cursor: &Cursor) -> bool {
        *self.epoch == *cursor.epoch
            && (cursor.position == self.head
                || self.contains(cursor.position)
                || self.has_entry_after(cursor.position))
    }

    fn contains(&self, position: FeedPosition) -> bool {
        self.entry(position.seq).is_some_and(|entry| entry.position == position)
    }

    /// Whether the entry after this position is present and has the position's tag as the tag of the entry before it.
    /// The entry at the position itself may have been deleted.
    fn has_entry_after(&self, position: FeedPosition) -> bool {
        let next = position.seq.checked_add(1).and_then(|seq| self.entry(seq));
        next.is_some_and(|entry| entry.previous_tag == position.tag)
    }

    fn entry(&self, seq: i64) -> Option<&Revocation> {
        let block = self.blocks.get(self.block_after(seq.saturating_sub(1)))?;
        let index = block.entries.binary_search_by_key(&seq, |entry| entry.position.seq).ok()?;
        block.entries.get(index)
    }

    /// The index of the first block that has entries after `seq`.
    fn block_after(&self, seq: i64) -> usize {
        let is_before = |block: &Arc<Block>| block.newest_number() <= seq;
        self.blocks.partition_point(is_before)
    }

    /// Up to `limit` entries after `seq`.
    pub(super) fn entries_after(&self, seq: i64, limit: usize) -> EntryRange {
        let mut range = EntryRange { text: Vec::new(), entries: 0, last: self.head, more: false };
        for block in &self.blocks[self.block_after(seq)..] {
            let from = block.entries.partition_point(|entry| entry.position.seq <= seq);
            let to = block.entries.len().min(from + limit - range.entries);
            if to == from {
                break;
            }
            if range.entries > 0 {
                range.text.push(Bytes::from_static(b","));
            }
            range.text.push(block.slice(from, to));
            range.entries += to - from;
            range.last = block.entries[to - 1].position;
        }
        let end = self.blocks.last().map_or(0, |block| block.newest_number());
        range.more = range.entries > 0 && range.last.seq < end;
        if !range.more {
            // The head may be after the last entry, if the entry at the head was deleted.
            range.last = self.head;
        }
        range
    }

    /// These contents with further rows appended, and this head.
    pub(super) fn append(&self, rows: Vec<FeedRow>, head: FeedPosition) -> Self {
        let mut next = Self { head, ..self.clone() };
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let mut builder = BlockBuilder::default();
            if next.blocks.last().is_some_and(|block| block.entries.len() < MAX_BLOCK_ENTRIES)
                && let Some(last) = next.blocks.pop()
            {
                builder.extend(&last, |_| true);
            }
            for row in rows.by_ref().take(MAX_BLOCK_ENTRIES - builder.entries.len()) {
                builder.add(row);
            }
            next.blocks.push(Arc::new(builder.finish()));
        }
        next.measure();
        next
    }

    /// The same contents in another epoch.
    pub(super) fn with_epoch(self, epoch: &str) -> Self {
        Self { epoch: epoch.into(), ..self }
    }

    /// The blocks with entries that ended before `time`, and the remaining entries of each.
    pub(super) fn prune(&self, time: UnixSeconds) -> Pruned {
        let expired = self.blocks.iter().filter(|block| block.earliest_end < time);
        let pruned = expired.map(|block| {
            let mut builder = BlockBuilder::default();
            builder.extend(block, |entry| entry.until >= time);
            PrunedBlock { old: Arc::clone(block), remaining: Arc::new(builder.finish()) }
        });
        Pruned(pruned.collect())
    }

    /// These contents with the pruned blocks. A block that has changed since then stays as it is.
    pub(super) fn after_pruning(&self, pruned: &Pruned) -> Self {
        let mut next = self.clone();
        let mut pruned = pruned.0.iter().peekable();
        for block in &mut next.blocks {
            if let Some(pruned) = pruned.next_if(|pruned| Arc::ptr_eq(&pruned.old, block)) {
                *block = Arc::clone(&pruned.remaining);
            }
        }
        next.blocks.retain(|block| !block.entries.is_empty());
        next.measure();
        next
    }

    fn measure(&mut self) {
        self.len = self.blocks.iter().map(|block| block.entries.len()).sum();
        self.bytes = self.blocks.iter().map(|block| block.text.len()).sum();
    }
}

/// The blocks that pruning changes, in order.
#[derive(Debug)]
pub(super) struct Pruned(Vec<PrunedBlock>);

#[derive(Debug)]
struct PrunedBlock {
    old: Arc<Block>,
    /// The block without the pruned entries.
    remaining: Arc<Block>,
}

#[cfg(test)]
mod tests;
