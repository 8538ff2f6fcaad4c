//! Users whose rights changed recently, and the lowest rights version that their tokens may have.

use std::sync::atomic::{AtomicBool, Ordering};

use dashmap::DashMap;

use super::revoked_set::{
    Fingerprint, FingerprintHasher, Fingerprints, PRUNE_SLACK_SECONDS, SHARDS,
};

/// The lowest accepted `ver` of each user whose rights changed, until the last older token has expired.
///
/// Few users change, so most calls end at the first check and cost no look-up.
#[derive(Debug)]
pub struct RightsVersions {
    users: DashMap<Fingerprint, Lowest, FingerprintHasher>,
    fingerprints: Fingerprints,
    /// Whether there may be an entry. It is read without a lock.
    has_entries: AtomicBool,
}

/// The lowest version that is accepted until a time in Unix seconds.
#[derive(Debug, Clone, Copy)]
struct Lowest {
    version: i64,
    until: i64,
}

impl Default for RightsVersions {
    fn default() -> Self {
        Self::new()
    }
}

impl RightsVersions {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self {
            users: DashMap::with_hasher_and_shard_amount(FingerprintHasher::default(), SHARDS),
            fingerprints: Fingerprints::default(),
            has_entries: AtomicBool::new(false),
        }
    }

    /// Makes tokens of `user` with a lower `ver` than `version` stale until `until` (Unix seconds). Of two entries
    /// for one user, the higher version and the later time count.
    pub fn raise(&self, user: &str, version: i64, until: i64) {
        let entry = Lowest { version, until };
        let mut lowest = self.users.entry(self.fingerprints.of(user)).or_insert(entry);
        *lowest = Lowest { version: version.max(lowest.version), until: until.max(lowest.until) };
        drop(lowest);
        self.has_entries.store(true, Ordering::Release);
    }

    /// Whether a token of `user` with `ver` = `version` is stale at `now` (Unix seconds).
    #[must_use]
    pub fn is_stale(&self, user: &str, version: i64, now: i64) -> bool {
        self.has_entries.load(Ordering::Acquire)
            && self
                .users
                .get(&self.fingerprints.of(user))
                .is_some_and(|lowest| version < lowest.version && now <= lowest.until)
    }

    /// Drops entries that ended more than 600 s before `now` (Unix seconds). Only the task that adds entries calls it.
    pub fn prune(&self, now: i64) {
        let oldest = now.saturating_sub(PRUNE_SLACK_SECONDS);
        self.users.retain(|_, lowest| lowest.until >= oldest);
        self.has_entries.store(!self.users.is_empty(), Ordering::Release);
    }

    /// How many entries are held, ended ones not yet pruned included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_version_is_stale_until_the_end_and_other_users_never_are() {
        let versions = RightsVersions::new();
        assert!(!versions.is_stale("ana", 0, 100));
        versions.raise("ana", 3, 100);
        assert!(versions.is_stale("ana", 2, 100) && versions.is_stale("ana", 0, 50));
        assert!(!versions.is_stale("ana", 3, 100) && !versions.is_stale("ana", 4, 100));
        assert!(!versions.is_stale("ana", 2, 101) && !versions.is_stale("bob", 0, 100));
    }

    #[test]
    fn an_older_entry_that_comes_again_lowers_nothing() {
        let versions = RightsVersions::new();
        versions.raise("ana", 3, 100);
        versions.raise("ana", 2, 50);
        assert!(versions.is_stale("ana", 2, 100));
        versions.raise("ana", 4, 90);
        assert!(versions.is_stale("ana", 3, 100));
        assert_eq!(versions.len(), 1);
    }

    #[test]
    fn pruning_keeps_what_ended_lately_and_drops_the_rest() {
        let versions = RightsVersions::new();
        versions.raise("ana", 1, 1_000);
        versions.prune(1_000 + PRUNE_SLACK_SECONDS);
        assert!(versions.is_stale("ana", 0, 1_000), "kept within the slack");
        versions.prune(1_001 + PRUNE_SLACK_SECONDS);
        assert!(versions.is_empty() && !versions.is_stale("ana", 0, 1_000));
        versions.raise("ana", 1, 1_000);
        assert!(versions.is_stale("ana", 0, 1_000), "after an empty time as well");
    }
}
