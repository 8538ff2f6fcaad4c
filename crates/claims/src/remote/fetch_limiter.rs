//! Limits requests for the key set, and decides what an unknown `kid` means.

use std::time::Duration;

use tokio::time::Instant;

use crate::{Rejection, VerifyError};

/// Limits requests to the issuer to one in each cooldown, however many callers ask.
///
/// Which ids were missing is not remembered: the next answer may have them. A key may have been published a moment
/// after the last answer, or the answer came from a cache.
pub(super) struct FetchLimiter {
    cooldown: Duration,
    /// Whether a fetch is running, or has been requested.
    pub(super) in_flight: bool,
    last: Option<LastFetch>,
    /// When the next fetch begins, unless a caller requests one earlier.
    next: Option<Instant>,
}

/// The last fetch.
#[derive(Clone, Copy)]
struct LastFetch {
    began: Instant,
    succeeded: bool,
}

impl FetchLimiter {
    pub(super) fn new(cooldown: Duration) -> Self {
        Self { cooldown, in_flight: false, last: None, next: None }
    }

    /// Whether the last request is so recent that no other may be made.
    pub(super) fn is_cooling(&self) -> bool {
        self.last.is_some_and(|last| last.began.elapsed() < self.cooldown)
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cooldown_counts_from_the_attempt() {
        let mut limiter = FetchLimiter::new(Duration::from_secs(3600));
        assert!(!limiter.is_cooling());
        limiter.fetch_started();
        assert!(limiter.is_cooling(), "before there is an answer");
        assert!(!FetchLimiter { cooldown: Duration::ZERO, ..limiter }.is_cooling());
    }
}
