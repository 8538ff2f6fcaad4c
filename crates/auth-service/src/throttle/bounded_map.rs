//! A map of bounded size. When it is full, the value that was used longest ago is forgotten.

use std::hash::{BuildHasher, Hash};

use super::keyed_hash::KeyedHash;

/// No slot.
const NONE: u32 = u32::MAX;

/// Number of chains of an empty map. The number of chains is always a power of two, and never less than the number of
/// values.
const INITIAL_CHAINS: usize = 64;

/// How many blocked values a full map checks to find one that is no longer blocked. A value that is still blocked moves
/// to the end of its list, so that a value that is blocked for days does not hide the others.
const MAX_CHECKED: usize = 4;

/// Values by key, in two lists in the order of their last use: values that may be forgotten, and blocked values. A call
/// takes the same time however many values there are.
#[derive(Debug)]
pub(super) struct BoundedMap<K, V> {
    capacity: usize,
    hash: KeyedHash,
    /// The first slot of each chain. A chain links the slots whose hashes have the same last bits.
    chains: Vec<u32>,
    slots: Vec<Slot<K, V>>,
    lists: [List; 2],
    /// Calls of [`Self::put`] so far.
    uses: u64,
}

#[derive(Debug)]
struct Slot<K, V> {
    key: K,
    value: V,
    /// The hash of the key.
    hash: u64,
    /// The next slot of its chain.
    next: u32,
    list: usize,
    /// [`BoundedMap::uses`] when it was last put.
    used: u64,
    older: u32,
    newer: u32,
}

/// One list: its slots are linked, the oldest first.
#[derive(Clone, Copy, Debug)]
struct List {
    oldest: u32,
    newest: u32,
}

/// The list of the values that may be forgotten.
const OPEN: usize = 0;
/// The list of the values that are blocked, or were blocked when they were last used.
const BLOCKED: usize = 1;

impl<K: Clone + Eq + Hash, V> BoundedMap<K, V> {
    /// An empty map that keeps `capacity` values at most. Memory is taken as it fills.
    pub(super) fn new(capacity: usize) -> Self {
        let list = List { oldest: NONE, newest: NONE };
        Self {
            capacity,
            hash: KeyedHash::default(),
            chains: vec![NONE; INITIAL_CHAINS],
            slots: Vec::new(),
            lists: [list; 2],
            uses: 0,
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        let slot = self.find(key, self.hash.hash_one(key));
        (slot != NONE).then(|| &self.slots[slot as usize].value)
    }

    /// Sets the value of a key, which becomes the newest of its list. A full map forgets the oldest value that is open,
    /// or that `is_open` finds no longer blocked. `false` if there is no such value; then nothing is changed.
    pub(super) fn put(
        &mut self,
        key: &K,
        value: V,
        is_blocked: bool,
        is_open: impl Fn(&V) -> bool,
    ) -> bool {
        let list = if is_blocked { BLOCKED } else { OPEN };
        self.uses += 1;
        let used = self.uses;
        let hash = self.hash.hash_one(key);
        let known = self.find(key, hash);
        if known != NONE {
            self.unlink(known);
            let slot = &mut self.slots[known as usize];
            (slot.value, slot.used) = (value, used);
            self.link(known, list);
            return true;
        }
        let (key, older, newer) = (key.clone(), NONE, NONE);
        let new = Slot { key, value, hash, next: NONE, list, used, older, newer };
        let slot = if self.slots.len() < self.capacity {
            self.slots.push(new);
            u32::try_from(self.slots.len() - 1).unwrap_or(NONE)
        } else {
            let Some(slot) = self.find_forgettable(is_open) else { return false };
            self.unlink(slot);
            self.unchain(slot);
            self.slots[slot as usize] = new;
            slot
        };
        if self.slots.len() > self.chains.len() {
            self.rebuild_chains();
        } else {
            self.chain(slot);
        }
        self.link(slot, list);
        true
    }

    /// Number of values.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Bytes of its content; the allocator uses a little more.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot<K, V>>() + self.chains.capacity() * size_of::<u32>()
    }

    /// The slot of a key, or [`NONE`].
    fn find(&self, key: &K, hash: u64) -> u32 {
        let mut slot = self.chains[self.chain_of(hash)];
        while slot != NONE {
            let found = &self.slots[slot as usize];
            if found.hash == hash && found.key == *key {
                return slot;
            }
            slot = found.next;
        }
        NONE
    }

    #[expect(clippy::cast_possible_truncation, reason = "the upper bits are masked anyway")]
    fn chain_of(&self, hash: u64) -> usize {
        hash as usize & (self.chains.len() - 1)
    }

    fn chain(&mut self, slot: u32) {
        let chain = self.chain_of(self.slots[slot as usize].hash);
        self.slots[slot as usize].next = std::mem::replace(&mut self.chains[chain], slot);
    }

    fn unchain(&mut self, slot: u32) {
        let Slot { hash, next, .. } = self.slots[slot as usize];
        let chain = self.chain_of(hash);
        if self.chains[chain] == slot {
            self.chains[chain] = next;
            return;
        }
        let mut before = self.chains[chain];
        while self.slots[before as usize].next != slot {
            before = self.slots[before as usize].next;
        }
        self.slots[before as usize].next = next;
    }

    /// Doubles the number of chains.
    fn rebuild_chains(&mut self) {
        self.chains = vec![NONE; self.chains.len() * 2];
        for slot in 0..self.slots.len() {
            self.chain(u32::try_from(slot).unwrap_or(NONE));
        }
    }

    fn find_forgettable(&mut self, is_open: impl Fn(&V) -> bool) -> Option<u32> {
        let open = self.lists[OPEN].oldest;
        let unblocked = self.find_unblocked(is_open);
        if open == NONE || unblocked == NONE {
            return Some(open.min(unblocked)).filter(|slot| *slot != NONE);
        }
        let used = |slot: u32| self.slots[slot as usize].used;
        Some(if used(unblocked) < used(open) { unblocked } else { open })
    }

    /// The slot of a value in the blocked list that is no longer blocked, or [`NONE`].
    fn find_unblocked(&mut self, is_open: impl Fn(&V) -> bool) -> u32 {
        for _ in 0..MAX_CHECKED {
            let oldest = self.lists[BLOCKED].oldest;
            if oldest == NONE || is_open(&self.slots[oldest as usize].value) {
                return oldest;
            }
            self.unlink(oldest);
            self.link(oldest, BLOCKED);
        }
        NONE
    }

    fn link(&mut self, slot: u32, list: usize) {
        let newest = std::mem::replace(&mut self.lists[list].newest, slot);
        let linked = &mut self.slots[slot as usize];
        (linked.list, linked.older, linked.newer) = (list, newest, NONE);
        match newest {
            NONE => self.lists[list].oldest = slot,
            newest => self.slots[newest as usize].newer = slot,
        }
    }

    fn unlink(&mut self, slot: u32) {
        let Slot { list, older, newer, .. } = self.slots[slot as usize];
        match older {
            NONE => self.lists[list].oldest = newer,
            older => self.slots[older as usize].newer = newer,
        }
        match newer {
            NONE => self.lists[list].newest = older,
            newer => self.slots[newer as usize].older = older,
        }
    }
}

#[cfg(test)]
mod tests;
