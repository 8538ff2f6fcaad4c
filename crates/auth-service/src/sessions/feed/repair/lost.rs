//! Finds what a database lost, by comparing its table with the memory of this process.

use std::{collections::HashMap, sync::Arc};

use service_kit::unix_time::UnixSeconds;

use super::super::contents::{Contents, Subject};
use crate::store::revocations::{MinRightsVersion, Revoked};

/// Entries that this process knows and that are still needed, but that are not in the table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lost {
    /// Sessions and service accounts.
    pub(super) revoked: Vec<Revoked>,
    /// Users whose rights changed.
    pub(super) raised: Vec<MinRightsVersion>,
}

impl Lost {
    pub(super) fn len(&self) -> usize {
        self.revoked.len() + self.raised.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The highest version and the latest end of the entries about one session or user. A session has version 0.
#[derive(Clone, Copy)]
struct Strongest {
    version: i64,
    until: UnixSeconds,
}

/// The strongest entry about each session (`false`) and each user (`true`), by id.
fn strongest(contents: &Contents) -> HashMap<(bool, Arc<str>), Strongest> {
    let mut all: HashMap<_, Strongest> = HashMap::with_capacity(contents.len());
    for entry in contents.entries() {
        let (key, version) = match &entry.subject {
            Subject::Session(sid) => ((false, Arc::clone(sid)), 0),
            Subject::Rights { user_id, min_version } => ((true, Arc::clone(user_id)), *min_version),
        };
        let until = entry.until;
        let found = all.entry(key).or_insert(Strongest { version, until });
        *found = Strongest { version: version.max(found.version), until: until.max(found.until) };
    }
    all
}

/// The known entries that are still needed at `now` but are not in the table.
pub(super) fn find_lost(known: &Contents, table: &Contents, now: UnixSeconds) -> Lost {
    let stored = strongest(table);
    let mut lost = Lost::default();
    for ((is_user, id), Strongest { version, until }) in strongest(known) {
        let is_stored = stored
            .get(&(is_user, Arc::clone(&id)))
            .is_some_and(|stored| stored.version >= version && stored.until >= until);
        if is_stored || until < now {
            continue;
        }
        let id = id.to_string();
        if is_user {
            lost.raised.push(MinRightsVersion { sub: id, min_version: version, until });
        } else {
            lost.revoked.push(Revoked { sid: id, until });
        }
    }
    lost
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::revocations::{FeedPosition, FeedRow};

    fn feed(entries: &[(i64, &str, Option<i64>, i64)]) -> Contents {
        let row = |(seq, id, version, until): &(i64, &str, Option<i64>, i64)| FeedRow {
            seq: *seq,
            tag: *seq,
            previous_tag: *seq - 1,
            sid: if version.is_some() { String::new() } else { (*id).to_owned() },
            until: UnixSeconds::new(*until),
            user_id: version.map(|_| (*id).to_owned()),
            min_version: *version,
        };
        let rows = entries.iter().map(row).collect();
        Contents::new("e", FeedPosition { seq: 0, tag: 0 })
            .append(rows, FeedPosition { seq: 99, tag: 9 })
    }

    fn lost_sessions(known: &Contents, table: &Contents) -> Vec<String> {
        let lost = find_lost(known, table, UnixSeconds::new(10));
        assert_eq!(lost.raised, []);
        let mut sids: Vec<_> = lost.revoked.into_iter().map(|lost| lost.sid).collect();
        sids.sort_unstable();
        sids
    }

    #[test]
    fn a_revocation_is_lost_if_it_is_known_still_needed_and_not_in_the_table() {
        let known = feed(&[
            (1, "stored", None, 100),
            (2, "lost", None, 100),
            (3, "over", None, 9),
            (4, "short", None, 100),
        ]);
        let table =
            feed(&[(1, "stored", None, 100), (2, "new", None, 100), (3, "short", None, 50)]);
        assert_eq!(lost_sessions(&known, &table), ["lost", "short"]);
    }

    #[test]
    fn a_revocation_that_another_process_wrote_again_is_not_lost() {
        let known = feed(&[(7, "one", None, 100)]);
        let table = feed(&[(12, "one", None, 160), (13, "one", None, 20)]);
        assert_eq!(lost_sessions(&known, &table), [""; 0]);
    }

    #[test]
    fn changed_rights_are_lost_if_the_table_knows_only_a_lower_version() {
        let known = feed(&[
            (1, "ana", Some(2), 100),
            (2, "ana", Some(3), 100),
            (3, "bob", Some(1), 100),
            (4, "over", Some(5), 9),
        ]);
        let table = feed(&[(1, "ana", Some(2), 100), (2, "bob", Some(4), 160)]);
        let lost = find_lost(&known, &table, UnixSeconds::new(10));
        let until = UnixSeconds::new(100);
        let ana = MinRightsVersion { sub: "ana".to_owned(), min_version: 3, until };
        assert_eq!((lost.revoked, lost.raised), (vec![], vec![ana]));
    }

    #[test]
    fn a_session_and_a_user_of_one_id_are_two_things() {
        let known = feed(&[(1, "one", None, 100), (2, "one", Some(1), 100)]);
        let table = feed(&[(1, "one", None, 100)]);
        let lost = find_lost(&known, &table, UnixSeconds::new(10));
        assert_eq!((lost.revoked.len(), lost.raised.len()), (0, 1));
    }
}
