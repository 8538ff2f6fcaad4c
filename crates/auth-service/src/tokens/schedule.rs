//! Which key does what, told from the table `signing_keys` and the time alone.

use crate::{settings::Lifetimes, store::keys::KeyRow};

/// A margin over the access tokens' life, in seconds, for clocks that differ.
pub const MARGIN: i64 = 60;

/// What each key does at one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Signs.
    pub active: Option<String>,
    /// Stands in the JWKS: will sign, signs, or signed access tokens that may still be good.
    pub published: Vec<String>,
    /// Checks refresh tokens: published, or served sessions that may not have ended yet.
    pub checking: Vec<String>,
    /// Can be forgotten: the last session it served has ended.
    pub over: Vec<String>,
}

/// The schedule at `now`, in seconds since the epoch.
pub fn schedule(rows: &[KeyRow], lifetimes: &Lifetimes, now: i64) -> Schedule {
    let mut keys: Vec<_> = rows.iter().filter(|row| row.retired_at.is_none()).collect();
    keys.sort_by(|a, b| (a.signs_from, &a.kid).cmp(&(b.signs_from, &b.kid)));
    let mut schedule = Schedule::default();
    for (index, key) in keys.iter().enumerate() {
        // A key signs until the next one does.
        let stops = keys.get(index + 1).map(|next| next.signs_from);
        let stopped_for = stops.map_or(-1, |at| now - at);
        if key.signs_from <= now && stopped_for < 0 {
            schedule.active = Some(key.kid.clone());
        }
        if stopped_for < lifetimes.access + MARGIN {
            schedule.published.push(key.kid.clone());
        }
        if stopped_for < lifetimes.session + MARGIN {
            schedule.checking.push(key.kid.clone());
        } else {
            schedule.over.push(key.kid.clone());
        }
    }
    // Only keys whose time has not come: better an early signature than none.
    if schedule.active.is_none() {
        schedule.active = keys.first().map(|key| key.kid.clone());
    }
    schedule
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIMES: Lifetimes = Lifetimes {
        access: 900,
        session: 10_000,
        idle: 5_000,
        fresh: 300,
        grace: 10,
        jwks_max_age: 600,
    };

    fn key(kid: &str, signs_from: i64) -> KeyRow {
        KeyRow {
            kid: kid.to_owned(),
            modulus: String::new(),
            created_at: 0,
            signs_from,
            retired_at: None,
        }
    }

    #[test]
    fn a_new_key_is_published_before_it_signs_and_an_old_one_stays_until_its_tokens_are_over() {
        let rows = [key("old", 0), key("new", 1_000)];
        let at = |now| schedule(&rows, &LIFETIMES, now);
        assert_eq!(at(999).active.as_deref(), Some("old"));
        assert_eq!(at(999).published, ["old", "new"]);
        assert_eq!(at(1_000).active.as_deref(), Some("new"));
        assert_eq!(at(1_000 + 959).published, ["old", "new"]);
        assert_eq!(at(1_000 + 960).published, ["new"]);
        assert_eq!(at(1_000 + 960).checking, ["old", "new"]);
        assert_eq!(at(1_000 + 10_060).checking, ["new"]);
        assert_eq!(at(1_000 + 10_060).over, ["old"]);
    }

    #[test]
    fn a_retired_key_does_nothing_from_that_moment() {
        let mut rows = [key("old", 0), key("new", 1_000)];
        rows[0].retired_at = Some(500);
        let schedule = schedule(&rows, &LIFETIMES, 500);
        assert_eq!(schedule.active.as_deref(), Some("new"));
        assert_eq!(schedule.published, ["new"]);
        assert_eq!(schedule.checking, ["new"]);
    }
}
