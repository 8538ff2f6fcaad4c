//! The revoked ids in memory, for a million entries or more: one hash look-up per request.

use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use dashmap::DashMap;

/// Parts of the map, each with a lock of its own: growing or pruning one part delays only a sixty-fourth of the
/// look-ups, for well under a millisecond.
pub(super) const SHARDS: usize = 64;

/// How long an entry is kept after its end, in seconds, so that a clock that was set forward by mistake
/// does not empty the set.
pub(super) const PRUNE_SLACK_SECONDS: i64 = 600;

/// Sessions and service accounts that were revoked, each until its last access token has expired.
///
/// Ids are kept as 128-bit keyed fingerprints: a third of the memory of strings, no allocation per entry, and a client
/// cannot make two ids collide.
#[derive(Debug)]
pub struct RevokedSet {
    /// The time in Unix seconds until which an id is revoked, by the id's fingerprint.
    ends: DashMap<Fingerprint, i64, FingerprintHasher>,
    fingerprints: Fingerprints,
}

pub(super) type Fingerprint = [u64; 2];
pub(super) type FingerprintHasher = BuildHasherDefault<IdentityHasher>;

/// Makes the fingerprints of ids, under keys of its own.
#[derive(Debug, Default)]
pub(super) struct Fingerprints([RandomState; 2]);

impl Fingerprints {
    pub(super) fn of(&self, id: &str) -> Fingerprint {
        [self.0[0].hash_one(id), self.0[1].hash_one(id)]
    }
}

impl Default for RevokedSet {
    fn default() -> Self {
        Self::new()
    }
}

impl RevokedSet {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self {
            ends: DashMap::with_hasher_and_shard_amount(FingerprintHasher::default(), SHARDS),
            fingerprints: Fingerprints::default(),
        }
    }

    /// Revokes an id until `until` (Unix seconds). A second call for the same id can only prolong that.
    pub fn insert(&self, id: &str, until: i64) {
        let mut end = self.ends.entry(self.fingerprints.of(id)).or_insert(until);
        *end = until.max(*end);
    }

    /// Whether `id` is revoked at `now` (Unix seconds).
    #[must_use]
    pub fn contains(&self, id: &str, now: i64) -> bool {
        self.ends.get(&self.fingerprints.of(id)).is_some_and(|end| now <= *end)
    }

    /// Drops entries that ended more than 600 s before `now` (Unix seconds).
    pub fn prune(&self, now: i64) {
        let oldest = now.saturating_sub(PRUNE_SLACK_SECONDS);
        self.ends.retain(|_, end| *end >= oldest);
    }

    /// How many entries are held, ended ones not yet pruned included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// The key is already a hash; the map uses its first half.
#[derive(Debug, Default)]
pub(super) struct IdentityHasher(Option<u64>);

impl Hasher for IdentityHasher {
    fn finish(&self) -> u64 {
        self.0.unwrap_or_default()
    }

    fn write_u64(&mut self, half: u64) {
        self.0.get_or_insert(half);
    }

    fn write(&mut self, bytes: &[u8]) {
        let half = bytes.first_chunk().map_or(0, |chunk| u64::from_ne_bytes(*chunk));
        self.0.get_or_insert(half);
    }

    fn write_usize(&mut self, _length: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_revoked_until_its_end_and_not_beyond() {
        let set = RevokedSet::new();
        set.insert("s1", 100);
        assert!(set.contains("s1", 100));
        assert!(!set.contains("s1", 101));
        assert!(!set.contains("s2", 100));
    }

    #[test]
    fn a_second_revocation_only_ever_prolongs_the_first() {
        let set = RevokedSet::new();
        set.insert("s1", 100);
        set.insert("s1", 50);
        assert!(set.contains("s1", 100));
        set.insert("s1", 200);
        assert!(set.contains("s1", 200));
        assert_eq!(set.len(), 1);
    }

    #[test]
    fn a_clock_set_forward_by_mistake_loses_no_revocation() {
        let set = RevokedSet::new();
        set.insert("s1", 1_000);
        set.prune(1_000 + PRUNE_SLACK_SECONDS);
        assert!(set.contains("s1", 1_000), "kept within the slack");
        set.prune(1_001 + PRUNE_SLACK_SECONDS);
        assert!(set.is_empty(), "dropped beyond it");
    }

    #[test]
    fn many_ids_stay_apart() {
        let set = RevokedSet::new();
        for i in 0..100_000 {
            set.insert(&format!("session-{i}"), i);
        }
        assert_eq!(set.len(), 100_000);
        assert!((0..100_000).all(|i| set.contains(&format!("session-{i}"), i)));
        assert!((0..100_000).all(|i| !set.contains(&format!("other-{i}"), 0)));
    }
}
