//! What was revoked, in memory: one hash look-up a request, a million entries and more.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

const SHARDS: usize = 64;

/// How long past its end an entry is kept, in seconds: a wall clock that was set forward by mistake
/// and back again must not have emptied the set.
const PRUNE_SLACK_SECONDS: i64 = 600;

/// Sessions and service accounts that were revoked, each until its last access token has expired.
///
/// Ids are kept as 128-bit keyed fingerprints: a third of the memory of the texts, no allocation
/// per entry, and a client cannot make two ids collide. The set is split so that growing or
/// pruning one part holds up only a sixty-fourth of the look-ups, for well under a millisecond.
#[derive(Debug)]
pub struct RevokedSet {
    shards: Vec<RwLock<Shard>>,
    keys: [RandomState; 2],
}

type Shard = HashMap<Fingerprint, i64, BuildHasherDefault<FirstHalf>>;
type Fingerprint = [u64; 2];

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
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            keys: [RandomState::new(), RandomState::new()],
        }
    }

    /// Adds an id until `until` (Unix seconds), or prolongs it.
    pub fn insert(&self, id: &str, until: i64) {
        let fingerprint = self.fingerprint(id);
        let mut shard = self.write(fingerprint);
        let held = shard.entry(fingerprint).or_insert(until);
        *held = until.max(*held);
    }

    /// Whether `id` is revoked at `now` (Unix seconds).
    #[must_use]
    pub fn contains(&self, id: &str, now: i64) -> bool {
        let fingerprint = self.fingerprint(id);
        self.read(fingerprint).get(&fingerprint).is_some_and(|until| now <= *until)
    }

    /// Drops entries that ended well before `now` (Unix seconds).
    pub fn prune(&self, now: i64) {
        let oldest = now.saturating_sub(PRUNE_SLACK_SECONDS);
        for shard in &self.shards {
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            shard.retain(|_, until| *until >= oldest);
        }
    }

    /// How many entries are held, ended ones not yet pruned included.
    #[must_use]
    pub fn len(&self) -> usize {
        let count =
            |shard: &RwLock<Shard>| shard.read().unwrap_or_else(PoisonError::into_inner).len();
        self.shards.iter().map(count).sum()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn fingerprint(&self, id: &str) -> Fingerprint {
        [self.keys[0].hash_one(id), self.keys[1].hash_one(id)]
    }

    fn shard(&self, fingerprint: Fingerprint) -> &RwLock<Shard> {
        let index = fingerprint[1] % self.shards.len() as u64;
        &self.shards[usize::try_from(index).unwrap_or_default()]
    }

    fn read(&self, fingerprint: Fingerprint) -> RwLockReadGuard<'_, Shard> {
        self.shard(fingerprint).read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, fingerprint: Fingerprint) -> RwLockWriteGuard<'_, Shard> {
        self.shard(fingerprint).write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fingerprints are hashes already; the map takes their first half as it is.
#[derive(Debug, Default)]
struct FirstHalf(Option<u64>);

impl Hasher for FirstHalf {
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
