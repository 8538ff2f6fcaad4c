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
    /// Whether a request is under way, or has been called for.
    pub(super) in_flight: bool,
    /// When the last request began, and whether it succeeded.
    last: Option<(Instant, bool)>,
    /// When the next one begins, unless a caller asks earlier.
    next: Option<Instant>,
    /// Keyed hashes of ids that a good answer did not have. Hashes, because the ids are the
    /// caller's choice and may be kilobytes long.
    absent: HashSet<u64>,
    hasher: RandomState,
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
        self.last.is_some_and(|(began, _)| began.elapsed() < self.cooldown)
    }

    /// Whether a good answer lacked this id.
    pub(super) fn lacks(&self, kid: &str) -> bool {
        self.absent.contains(&self.hasher.hash_one(kid))
    }

    /// What an unknown id means now: after a good answer the token is at fault, after a failed
    /// request it is unknown.
    pub(super) fn verdict(&self) -> VerifyError {
        match self.last {
            Some((_, true)) => Rejection::UnknownKey.into(),
            _ => self.unavailable(),
        }
    }

    /// There is nothing to check with until the next request.
    pub(super) fn unavailable(&self) -> VerifyError {
        let left = self.next.map(|next| next.saturating_duration_since(Instant::now()));
        VerifyError::KeysUnavailable { retry_after: left.unwrap_or_default().as_secs() + 1 }
    }

    /// A request begins; the cooldown counts from here.
    pub(super) fn begin(&mut self) {
        self.in_flight = true;
        self.last = Some((Instant::now(), false));
    }

    /// A request ended.
    pub(super) fn finish(&mut self, succeeded: bool) {
        self.in_flight = false;
        if let Some((_, outcome)) = &mut self.last {
            *outcome = succeeded;
        }
    }

    /// The next request begins after `pause` at the latest.
    pub(super) fn plan(&mut self, pause: Duration) {
        self.next = Some(Instant::now() + pause);
    }

    /// Remembers an id that is not in the set, if that is what a good answer has just shown.
    pub(super) fn note_absent(&mut self, kid: &str) {
        let succeeded = self.last.is_some_and(|(_, succeeded)| succeeded);
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
        limiter.begin();
        limiter.finish(false);
        limiter.note_absent("after a failure");
        assert!(limiter.absent.is_empty());
        limiter.begin();
        limiter.finish(true);
        for n in 0..5_000 {
            limiter.note_absent(&format!("stranger-{n}"));
        }
        assert_eq!(limiter.absent.len(), MAX_ABSENT);
        assert!(limiter.lacks("stranger-0") && !limiter.lacks("stranger-4999"));
        limiter.forget_absent();
        assert!(!limiter.lacks("stranger-0"));
    }

    #[test]
    fn the_cooldown_counts_from_the_attempt() {
        let mut limiter = FetchLimiter::new(Duration::from_secs(3600));
        assert!(!limiter.is_cooling());
        limiter.begin();
        assert!(limiter.is_cooling(), "before there is an answer");
        assert!(!FetchLimiter { cooldown: Duration::ZERO, ..limiter }.is_cooling());
    }
}
