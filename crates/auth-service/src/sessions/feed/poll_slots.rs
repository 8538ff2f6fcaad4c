//! Limits the number of waiting polls.

use tokio::sync::{Semaphore, SemaphorePermit};

use super::Poller;

/// Most polls that wait at the same time, because each keeps a connection open. Further polls are answered at once.
const SLOTS: usize = 256;

/// Slots that only verifiers with the secret may take, if there is a secret.
const VERIFIER_SLOTS: usize = SLOTS / 2;

/// The free slots, with and without those reserved for verifiers.
#[derive(Debug)]
pub(super) struct PollSlots {
    all: Semaphore,
    anonymous: Semaphore,
}

/// A slot that is taken until this is dropped.
#[derive(Debug)]
pub(super) struct PollSlot<'a> {
    _permit: SemaphorePermit<'a>,
    _anonymous: Option<SemaphorePermit<'a>>,
}

impl PollSlots {
    pub(super) fn new(has_verifier_secret: bool) -> Self {
        let reserved = if has_verifier_secret { VERIFIER_SLOTS } else { 0 };
        Self { all: Semaphore::new(SLOTS), anonymous: Semaphore::new(SLOTS - reserved) }
    }

    /// A slot for this poller, if one is free.
    pub(super) fn take(&self, poller: Poller) -> Option<PollSlot<'_>> {
        let anonymous = match poller {
            Poller::Verifier => None,
            Poller::Anonymous(_) => Some(self.anonymous.try_acquire().ok()?),
        };
        Some(PollSlot { _permit: self.all.try_acquire().ok()?, _anonymous: anonymous })
    }

    /// How many slots are taken.
    pub(super) fn count(&self) -> usize {
        SLOTS - self.all.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::throttle::Source;

    #[test]
    fn pollers_without_the_secret_leave_half_of_the_slots_to_verifiers() {
        let slots = PollSlots::new(true);
        let anonymous: Vec<_> =
            std::iter::from_fn(|| slots.take(Poller::Anonymous(Source::Unknown))).collect();
        assert_eq!(anonymous.len(), SLOTS / 2);
        let verifiers: Vec<_> = std::iter::from_fn(|| slots.take(Poller::Verifier)).collect();
        assert_eq!((verifiers.len(), slots.count()), (SLOTS / 2, SLOTS));
        drop(anonymous);
        assert!(slots.take(Poller::Verifier).is_some(), "verifiers may take them all");
    }

    #[test]
    fn without_a_secret_all_slots_are_for_every_poller() {
        let slots = PollSlots::new(false);
        let anonymous: Vec<_> =
            std::iter::from_fn(|| slots.take(Poller::Anonymous(Source::Unknown))).collect();
        assert_eq!(anonymous.len(), SLOTS);
    }
}
