//! What each key does at a given time: a pure function of the table `signing_keys`, the lifetimes and the time.

use std::time::Duration;

use service_kit::unix_time::UnixSeconds;

use crate::{
    lifetimes::{CLOCK_SKEW, Lifetimes},
    store::keys::KeyRow,
};

/// What each key does at one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Keys that may sign, in order of preference: the newest activated key, then the older ones that are still
    /// published, then those that are not activated yet. A process signs with the first one that it can load: it is
    /// better to sign with a key too early than not at all.
    pub signers: Vec<String>,
    /// Keys in the key set: they will sign, sign now, or have signed access tokens that may still be valid.
    pub published: Vec<String>,
    /// Keys that verify refresh tokens: they are published, or have signed refresh tokens of sessions that may not have
    /// ended yet.
    pub verifying: Vec<String>,
    /// Keys that can be deleted: the last session with a token of theirs has expired.
    pub expired: Vec<String>,
}

impl Schedule {
    /// The key that should sign now.
    pub fn active(&self) -> Option<&str> {
        self.signers.first().map(String::as_str)
    }
}

/// The schedule at `now`.
pub fn schedule(rows: &[KeyRow], lifetimes: &Lifetimes, now: UnixSeconds) -> Schedule {
    let mut keys: Vec<_> = rows.iter().filter(|row| row.retired_at.is_none()).collect();
    keys.sort_by(|a, b| (a.activates_at, &a.kid).cmp(&(b.activates_at, &b.kid)));
    let mut schedule = Schedule::default();
    let (mut activated, mut pending) = (Vec::new(), Vec::new());
    for (index, key) in keys.iter().enumerate() {
        let stops_at = stops_at(key, &keys[index + 1..]);
        // Whether a token with this lifetime that the key signed at its very end may still be valid.
        let is_needed =
            |lifetime: Duration| stops_at.is_none_or(|at| now < at + lifetime + CLOCK_SKEW);
        if is_needed(lifetimes.access) {
            schedule.published.push(key.kid.clone());
            if key.activates_at <= now { &mut activated } else { &mut pending }
                .push(key.kid.clone());
        }
        if is_needed(lifetimes.session) {
            schedule.verifying.push(key.kid.clone());
        } else {
            schedule.expired.push(key.kid.clone());
        }
    }
    schedule.signers = activated.into_iter().rev().chain(pending).collect();
    schedule
}

/// When a key stops signing; `None` if no service has loaded a later key yet.
///
/// It signs until the first of the `later` keys is active and some service has loaded it: a key that no service has
/// loaded has signed nothing. If a process could not load the later key at that time, this key stops with its last late
/// signature.
pub fn stops_at(key: &KeyRow, later: &[&KeyRow]) -> Option<UnixSeconds> {
    let begins = |next: &&KeyRow| next.first_loaded_at.map(|loaded| loaded.max(next.activates_at));
    let next = later.iter().filter_map(begins).min()?;
    Some(key.last_late_signature_at.map_or(next, |last| last.max(next)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIMES: Lifetimes = Lifetimes {
        access: Duration::from_secs(900),
        session: Duration::from_secs(10_000),
        idle: Duration::from_secs(5_000),
        fresh: Duration::from_secs(300),
        grace: Duration::from_secs(10),
        jwks_max_age: Duration::from_secs(600),
    };

    /// The schedule at this time, in seconds since the epoch.
    fn at(rows: &[KeyRow], seconds: i64) -> Schedule {
        schedule(rows, &LIFETIMES, UnixSeconds::new(seconds))
    }

    fn key(kid: &str, activates_at: i64) -> KeyRow {
        KeyRow {
            kid: kid.to_owned(),
            modulus: String::new(),
            created_at: UnixSeconds::new(0),
            activates_at: UnixSeconds::new(activates_at),
            retired_at: None,
            first_loaded_at: Some(UnixSeconds::new(0)),
            last_late_signature_at: None,
        }
    }

    #[test]
    fn a_new_key_is_published_before_it_signs_and_an_old_one_stays_until_its_tokens_expire() {
        let rows = [key("old", 0), key("new", 1_000)];
        let at = |now| at(&rows, now);
        assert_eq!(at(999).active(), Some("old"));
        assert_eq!(at(999).published, ["old", "new"]);
        assert_eq!(at(1_000).active(), Some("new"));
        assert_eq!(at(1_000 + 959).published, ["old", "new"]);
        assert_eq!(at(1_000 + 960).published, ["new"]);
        assert_eq!(at(1_000 + 960).verifying, ["old", "new"]);
        assert_eq!(at(1_000 + 10_060).verifying, ["new"]);
        assert_eq!(at(1_000 + 10_060).expired, ["old"]);
    }

    #[test]
    fn a_retired_key_does_nothing_from_that_moment() {
        let mut rows = [key("old", 0), key("new", 1_000)];
        rows[0].retired_at = Some(UnixSeconds::new(500));
        let schedule = at(&rows, 500);
        assert_eq!(schedule.active(), Some("new"));
        assert_eq!(schedule.published, ["new"]);
        assert_eq!(schedule.verifying, ["new"]);
    }

    #[test]
    fn a_process_that_cannot_load_the_newest_key_signs_with_the_next_older_published_key() {
        let rows = [key("older", 0), key("old", 1_000), key("new", 2_000), key("later", 9_000)];
        let at = |now| at(&rows, now).signers;
        assert_eq!(at(1_900), ["old", "older", "new", "later"]);
        assert_eq!(at(2_000), ["new", "old", "later"], "tokens of `older` are no longer accepted");
    }

    #[test]
    fn before_the_first_activation_the_earliest_key_signs() {
        let rows = [key("old", 1_000), key("new", 2_000)];
        assert_eq!(at(&rows, 0).signers, ["old", "new"]);
    }

    #[test]
    fn a_key_with_which_some_process_still_signs_stays_published_until_its_last_token_expires() {
        let mut rows = [key("old", 0), key("new", 1_000)];
        rows[0].last_late_signature_at = Some(UnixSeconds::new(50_000));
        let at = |now| at(&rows, now);
        assert_eq!(at(50_000).signers, ["new", "old"]);
        assert_eq!(at(50_000 + 959).published, ["old", "new"]);
        assert_eq!(at(50_000 + 960).published, ["new"]);
        assert_eq!(at(50_000 + 10_059).verifying, ["old", "new"]);
        assert_eq!(at(50_000 + 10_060).expired, ["old"]);
    }

    #[test]
    fn a_late_signature_before_the_next_activation_does_not_keep_a_key_published() {
        let mut rows = [key("old", 0), key("new", 1_000)];
        rows[0].last_late_signature_at = Some(UnixSeconds::new(10));
        assert_eq!(at(&rows, 1_000 + 960).published, ["new"]);
    }

    #[test]
    fn a_key_that_no_service_has_loaded_does_not_end_other_keys() {
        let mut rows = [key("old", 0), key("lost", 1_000)];
        rows[1].first_loaded_at = None;
        let schedule = at(&rows, 1_000_000);
        assert_eq!(schedule.published, ["old", "lost"]);
        assert_eq!(schedule.signers, ["lost", "old"]);
        assert_eq!(schedule.expired, Vec::<String>::new());
    }

    #[test]
    fn a_key_that_is_loaded_late_ends_the_key_before_it_only_then() {
        let mut rows = [key("old", 0), key("late", 1_000)];
        rows[1].first_loaded_at = Some(UnixSeconds::new(50_000));
        let at = |now| at(&rows, now).published;
        assert_eq!(at(50_000 + 959), ["old", "late"]);
        assert_eq!(at(50_000 + 960), ["late"]);
    }
}
