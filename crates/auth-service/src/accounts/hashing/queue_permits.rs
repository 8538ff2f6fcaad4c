//! Limits how many hashes each requester may have queued or running.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{HashingError, Overload, fair_queue::Grouped};
use crate::throttle::{AttemptKey, Source};

/// Who uses the hash queue: a source, a session or a trusted device. Requesters share the threads fairly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Requester {
    /// An anonymous request: only the address is known.
    Source(Source),
    /// A session, with the keys of [`crate::throttle::AttemptKeys::of_user`] and `of_session`. So a thief with a stolen
    /// token uses up the permits of that session only; the owner's other sessions keep theirs.
    Session {
        /// The session's user; all sessions of a user are one group.
        user: AttemptKey,
        /// The session; `None` in the group of all sessions of the user.
        session: Option<AttemptKey>,
    },
    /// A device that the user trusts, with the keys of [`crate::throttle::AttemptKeys::of_user`] and `of_device`. It
    /// belongs to the same group as the user's sessions.
    TrustedDevice {
        /// The user.
        user: AttemptKey,
        /// The device's token.
        device: AttemptKey,
    },
}

impl Grouped for Requester {
    fn group(self) -> Self {
        match self {
            Self::Source(source) => Self::Source(source.site_prefix()),
            Self::Session { user, .. } | Self::TrustedDevice { user, .. } => {
                Self::Session { user, session: None }
            }
        }
    }
}

/// The permits that are taken, by requester.
#[derive(Debug)]
pub(super) struct QueuePermits {
    held: Mutex<HashMap<Requester, usize>>,
    max: usize,
}

impl QueuePermits {
    /// Creates the limits. Each requester may hold `max` permits, at least one.
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { held: Mutex::default(), max: max.max(1) })
    }

    /// Takes a permit for a requester, if it does not hold the maximum already.
    pub(super) fn take(
        self: &Arc<Self>,
        requester: Requester,
    ) -> Result<QueuePermit, HashingError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(requester).or_insert(0);
        if *count >= self.max {
            return Err(HashingError::Overloaded(Overload::Share));
        }
        *count += 1;
        drop(held);
        Ok(QueuePermit(Arc::new(PermitGuard { requester, permits: Arc::clone(self) })))
    }

    /// Whether the requester may take a permit now.
    ///
    /// # Errors
    /// [`Overload::Share`] when it holds as many as it may.
    pub(super) fn check(&self, requester: Requester) -> Result<(), HashingError> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get(&requester) {
            Some(count) if *count >= self.max => Err(HashingError::Overloaded(Overload::Share)),
            _ => Ok(()),
        }
    }

    fn give_back(&self, requester: Requester) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&requester) {
            *count -= 1;
            if *count == 0 {
                held.remove(&requester);
            }
        }
    }

    #[cfg(test)]
    fn requesters(&self) -> usize {
        self.held.lock().unwrap().len()
    }
}

/// A requester's permit to hash one password: nothing is hashed without one. It is given back when the last clone is
/// dropped. A queued password keeps a clone, so that a client cannot free its permit for its next call by
/// disconnecting.
#[derive(Clone, Debug)]
pub struct QueuePermit(Arc<PermitGuard>);

#[derive(Debug)]
struct PermitGuard {
    requester: Requester,
    permits: Arc<QueuePermits>,
}

impl QueuePermit {
    pub(super) fn requester(&self) -> Requester {
        self.0.requester
    }
}

impl Drop for PermitGuard {
    fn drop(&mut self) {
        self.permits.give_back(self.requester);
    }
}

#[cfg(test)]
mod tests {
    use super::{QueuePermits, Requester, Source};

    const ONE: Requester = Requester::Source(Source::V4(1));
    const OTHER: Requester = Requester::Source(Source::V4(2));

    #[test]
    fn a_requester_takes_permits_up_to_its_share_and_others_are_not_affected() {
        let permits = QueuePermits::new(2);
        let held = [permits.take(ONE).unwrap(), permits.take(ONE).unwrap()];
        assert!(permits.take(ONE).is_err());
        assert!(permits.take(OTHER).is_ok());
        drop(held);
        assert!(permits.take(ONE).is_ok());
    }

    #[test]
    fn a_check_gives_the_result_of_taking_a_permit_and_takes_none() {
        let permits = QueuePermits::new(1);
        assert!(permits.check(ONE).is_ok() && permits.check(ONE).is_ok());
        let held = permits.take(ONE).unwrap();
        assert!(permits.check(ONE).is_err() && permits.check(OTHER).is_ok());
        drop(held);
        assert!(permits.check(ONE).is_ok());
    }

    #[test]
    fn a_permit_is_given_back_with_its_last_clone() {
        let permits = QueuePermits::new(1);
        let permit = permits.take(ONE).unwrap();
        let queued = permit.clone();
        drop(permit);
        assert!(permits.take(ONE).is_err());
        drop(queued);
        assert!(permits.take(ONE).is_ok());
    }

    #[test]
    fn a_requester_without_permits_is_not_remembered() {
        let permits = QueuePermits::new(4);
        for number in 0..1_000 {
            drop(permits.take(Requester::Source(Source::V4(number))));
        }
        assert_eq!(permits.requesters(), 0);
    }
}
