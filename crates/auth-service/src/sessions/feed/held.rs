//! Places for polls that wait for news.

use tokio::sync::{Semaphore, SemaphorePermit};

use super::Caller;

/// Polls held at the same time; more are answered at once.
const PLACES: usize = 256;

/// Those of them that strangers never take, where there are verifiers that show a secret.
const KEPT_FOR_VERIFIERS: usize = PLACES / 2;

/// The places.
#[derive(Debug)]
pub(super) struct HeldPolls {
    all: Semaphore,
    strangers: Semaphore,
}

/// A place that is taken. Dropped, it is free.
#[derive(Debug)]
pub(super) struct Held<'a> {
    _one: SemaphorePermit<'a>,
    _of_strangers: Option<SemaphorePermit<'a>>,
}

impl HeldPolls {
    pub(super) fn new(known_verifiers: bool) -> Self {
        let kept = if known_verifiers { KEPT_FOR_VERIFIERS } else { 0 };
        Self { all: Semaphore::new(PLACES), strangers: Semaphore::new(PLACES - kept) }
    }

    /// A place for this caller, if one is free.
    pub(super) fn take(&self, caller: Caller) -> Option<Held<'_>> {
        let of_strangers = match caller {
            Caller::Verifier => None,
            Caller::Stranger(_) => Some(self.strangers.try_acquire().ok()?),
        };
        Some(Held { _one: self.all.try_acquire().ok()?, _of_strangers: of_strangers })
    }

    /// Places that are taken.
    pub(super) fn count(&self) -> usize {
        PLACES - self.all.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_leave_half_of_the_places_to_verifiers_where_there_are_some() {
        let places = HeldPolls::new(true);
        let strangers: Vec<_> =
            std::iter::from_fn(|| places.take(Caller::Stranger(None))).collect();
        assert_eq!(strangers.len(), PLACES / 2);
        let verifiers: Vec<_> = std::iter::from_fn(|| places.take(Caller::Verifier)).collect();
        assert_eq!((verifiers.len(), places.count()), (PLACES / 2, PLACES));
        drop(strangers);
        assert!(places.take(Caller::Verifier).is_some(), "verifiers may take them all");
    }

    #[test]
    fn without_known_verifiers_strangers_have_all_the_places() {
        let places = HeldPolls::new(false);
        let strangers: Vec<_> =
            std::iter::from_fn(|| places.take(Caller::Stranger(None))).collect();
        assert_eq!(strangers.len(), PLACES);
    }
}
