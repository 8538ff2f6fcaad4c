//! Limits requests for the key set, and decides what an unknown `kid` means.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

use crate::{Rejection, VerifyError};

/// How many absent key ids are remembered.
const MAX_ABSENT: usize = 1024;

/// Limits requests to the issuer to one in each cooldown, however many callers ask.
pub(super) struct FetchLimiter {
    cooldown: Duration,
    /// Whether a fetch is running, or has been requested.
    pub(super) in_flight: bool,
    last: Option<LastFetch>,
    /// When the next fetch begins, unless a caller requests one earlier.
    next: Option<Instant>,
    /// Hashes of key ids that were missing from the last fetched key set. Hashes, because clients choose
    /// the ids, which may be kilobytes long.
    absent: HashSet<u64>,
    hasher: RandomState,
}

/// The last fetch.
#[derive(Clone, Copy)]
struct LastFetch {
    began: Instant,
    succeeded: bool,
}

impl FetchLimiter {
    pub(super) fn new(cooldown: Duration) -> Self {
        Self {
            cooldown,
            in_flight: false,
            last: None,
            next: None,
            absent: HashSet::new(),
            hasher: RandomState::new(),
        }
    }

    /// Whether the last request is so recent that no other may be made.
    pub(super) fn is_cooling(&self) -> bool {
        self.last.is_some_and(|last| last.began.elapsed() < self.cooldown)
    }

    /// Whether this id was missing from a good answer.
    pub(super) fn is_known_absent(&self, kid: &str) -> bool {
        self.absent.contains(&self.hasher.hash_one(kid))
    }

    /// The error for an unknown id: after a good answer the token is rejected; after a failed fetch
    /// the id may be good, so keys are unavailable.
    pub(super) fn answer_for_unknown_kid(&self) -> VerifyError {
        match self.last {
            Some(LastFetch { succeeded: true, .. }) => Rejection::UnknownKey.into(),
            _ => self.unavailable(),
        }
    }

    /// The error until the next fetch.
    pub(super) fn unavailable(&self) -> VerifyError {
        let left = self.next.map(|next| next.saturating_duration_since(Instant::now()));
        VerifyError::KeysUnavailable { retry_after: left.unwrap_or_default().as_secs() + 1 }
    }

    /// Records that a fetch began; the cooldown counts from here.
    pub(super) fn fetch_started(&mut self) {
        self.in_flight = true;
        self.last = Some(LastFetch { began: Instant::now(), succeeded: false });
    }

    /// Records that a fetch ended.
    pub(super) fn fetch_finished(&mut self, succeeded: bool) {
        self.in_flight = false;
        if let Some(last) = &mut self.last {
            last.succeeded = succeeded;
        }
    }

    /// Records that the next fetch begins after `pause` at the latest.
    pub(super) fn schedule_next_fetch(&mut self, pause: Duration) {
        self.next = Some(Instant::now() + pause);
    }

    /// Remembers an id that is not in the set, if the last fetch succeeded.
    pub(super) fn note_absent(&mut self, kid: &str) {
        let succeeded = self.last.is_some_and(|last| last.succeeded);
        if succeeded && self.absent.len() < MAX_ABSENT {
            self.absent.insert(self.hasher.hash_one(kid));
        }
    }

    /// A background refresh starts a new period: what was absent may be there now.
    pub(super) fn forget_absent(&mut self) {
        self.absent.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_ids_are_remembered_only_after_a_good_answer_and_in_bounded_number() {
        let mut limiter = FetchLimiter::new(Duration::ZERO);
        limiter.note_absent("before any answer");
        limiter.fetch_started();
        limiter.fetch_finished(false);
        limiter.note_absent("after a failure");
        assert!(limiter.absent.is_empty());
        limiter.fetch_started();
        limiter.fetch_finished(true);
        for n in 0..5_000 {
            limiter.note_absent(&format!("stranger-{n}"));
        }
        assert_eq!(limiter.absent.len(), MAX_ABSENT);
        assert!(limiter.is_known_absent("stranger-0") && !limiter.is_known_absent("stranger-4999"));
        limiter.forget_absent();
        assert!(!limiter.is_known_absent("stranger-0"));
    }

    #[test]
    fn the_cooldown_counts_from_the_attempt() {
        let mut limiter = FetchLimiter::new(Duration::from_secs(3600));
        assert!(!limiter.is_cooling());
        limiter.fetch_started();
        assert!(limiter.is_cooling(), "before there is an answer");
        assert!(!FetchLimiter { cooldown: Duration::ZERO, ..limiter }.is_cooling());
    }
}
