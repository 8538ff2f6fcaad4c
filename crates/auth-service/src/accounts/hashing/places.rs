//! Limits how many hashes each requester may have queued or running.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{HashingError, Overload, fair_queue::Grouped};
use crate::throttle::{AccountKey, Source};

/// Who uses the hash queue: an address, or a session. Requesters share the threads fairly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// An anonymous request: only the address is known.
    Source(Source),
    /// A session, named by [`crate::throttle::AccountKeys::of_user`] and `of_session`. So a thief with a stolen token
    /// uses up the permits of that session only, and the owner's other sessions keep theirs.
    Session {
        /// The session's user; all sessions of a user are one group.
        user: AccountKey,
        /// The session; `None` in the group of all sessions of the user.
        session: Option<AccountKey>,
    },
    /// A device that the user trusts, by [`crate::throttle::AccountKeys::of_user`] and `of_device`. It belongs to the
    /// same group as the user's sessions.
    Device {
        /// The user.
        user: AccountKey,
        /// The device's token.
        device: AccountKey,
    },
}

impl Grouped for Party {
    fn group(self) -> Self {
        match self {
            Self::Source(source) => Self::Source(source.network()),
            Self::Session { user, .. } | Self::Device { user, .. } => {
                Self::Session { user, session: None }
            }
        }
    }
}

/// The permits that are taken, by requester.
#[derive(Debug)]
pub(super) struct Places {
    held: Mutex<HashMap<Party, usize>>,
    most: usize,
}

impl Places {
    /// Each requester may hold `most` permits, at least one.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { held: Mutex::default(), most: most.max(1) })
    }

    /// Takes a permit for a requester, if it does not hold too many.
    pub(super) fn take(self: &Arc<Self>, party: Party) -> Result<Place, HashingError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(party).or_insert(0);
        if *count >= self.most {
            return Err(HashingError::Overloaded(Overload::Share));
        }
        *count += 1;
        drop(held);
        Ok(Place(Arc::new(Held { party, places: Arc::clone(self) })))
    }

    /// Whether the requester may take a permit now.
    ///
    /// # Errors
    /// [`Overload::Share`] when it holds as many as it may.
    pub(super) fn check(&self, party: Party) -> Result<(), HashingError> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get(&party) {
            Some(count) if *count >= self.most => Err(HashingError::Overloaded(Overload::Share)),
            _ => Ok(()),
        }
    }

    fn give_back(&self, party: Party) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&party) {
            *count -= 1;
            if *count == 0 {
                held.remove(&party);
            }
        }
    }

    #[cfg(test)]
    fn parties(&self) -> usize {
        self.held.lock().unwrap().len()
    }
}

/// A requester's permit to hash one password: nothing is hashed without one. It is given back when the last clone is
/// dropped. A queued password keeps a clone, so that a client cannot free its permit for its next call by
/// disconnecting.
#[derive(Clone, Debug)]
pub struct Place(Arc<Held>);

#[derive(Debug)]
struct Held {
    party: Party,
    places: Arc<Places>,
}

impl Place {
    pub(super) fn party(&self) -> Party {
        self.0.party
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.places.give_back(self.party);
    }
}

#[cfg(test)]
mod tests {
    use super::{Party, Places, Source};

    const ONE: Party = Party::Source(Source::V4(1));
    const OTHER: Party = Party::Source(Source::V4(2));

    #[test]
    fn a_party_holds_its_share_and_no_more_and_others_are_not_touched() {
        let places = Places::new(2);
        let held = [places.take(ONE).unwrap(), places.take(ONE).unwrap()];
        assert!(places.take(ONE).is_err());
        assert!(places.take(OTHER).is_ok());
        drop(held);
        assert!(places.take(ONE).is_ok());
    }

    #[test]
    fn a_check_says_what_taking_a_place_would_say_and_takes_none() {
        let places = Places::new(1);
        assert!(places.check(ONE).is_ok() && places.check(ONE).is_ok());
        let held = places.take(ONE).unwrap();
        assert!(places.check(ONE).is_err() && places.check(OTHER).is_ok());
        drop(held);
        assert!(places.check(ONE).is_ok());
    }

    #[test]
    fn a_place_is_given_back_with_its_last_clone() {
        let places = Places::new(1);
        let place = places.take(ONE).unwrap();
        let queued = place.clone();
        drop(place);
        assert!(places.take(ONE).is_err());
        drop(queued);
        assert!(places.take(ONE).is_ok());
    }

    #[test]
    fn a_party_without_places_is_not_remembered() {
        let places = Places::new(4);
        for number in 0..1_000 {
            drop(places.take(Party::Source(Source::V4(number))));
        }
        assert_eq!(places.parties(), 0);
    }
}
