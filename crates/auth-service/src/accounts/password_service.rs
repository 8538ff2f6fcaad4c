//! Hashing and checking of passwords, with its metrics.

use std::{sync::Arc, time::Instant};

use service_kit::metrics::{Latency, Metrics, Outcomes};
use tokio::task::spawn_blocking;

use super::{
    BreachedPasswords, Password,
    hashing::{
        AccountSlot, HashingError, MAX_ATTEMPTS_AT_ONCE, Overload, PasswordHash, PasswordHasher,
        QueuePermit, Requester, SlotError, Verdict,
    },
};
use crate::throttle::AttemptKey;

/// Hashes and checks passwords, and counts every call. Clones share the threads and the counters.
#[derive(Clone, Debug)]
pub struct PasswordService {
    hasher: PasswordHasher,
    hashes: Outcomes,
    overloads: Outcomes,
    duration: Latency,
    breached: Option<Arc<BreachedPasswords>>,
}

/// Why a new password is not hashed.
#[derive(Debug, thiserror::Error)]
pub enum NewPasswordError {
    /// It is in the file of `AUTH_BREACHED_PASSWORDS`.
    #[error("the password is known from a breach")]
    Breached,
    /// The file of `AUTH_BREACHED_PASSWORDS` cannot be read. The password is refused, because it may be in the file.
    #[error("AUTH_BREACHED_PASSWORDS cannot be read")]
    ListUnreadable(#[source] std::io::Error),
    /// The password cannot be hashed now.
    #[error(transparent)]
    Hashing(#[from] HashingError),
}

impl PasswordService {
    /// Wraps the hasher and counts its calls. New passwords must not be in the file of breached passwords, if there is
    /// one.
    pub fn new(hasher: PasswordHasher, breached: Option<BreachedPasswords>) -> Self {
        Self {
            hasher,
            breached: breached.map(Arc::new),
            hashes: Outcomes::new(&["done", "overloaded", "failed"]),
            overloads: Outcomes::new(&["share", "account_busy", "queue_full", "waited"]),
            duration: Latency::default(),
        }
    }

    /// Adds the counters to `/metrics`.
    pub fn register_metrics(&self, metrics: &Metrics) {
        metrics.register_outcomes("password_hashes", "Password hashes by result", &self.hashes);
        let overloads = "Passwords refused as overloaded, by the bound that they met";
        metrics.register_outcomes("password_hash_overloads", overloads, &self.overloads);
        let time = "Time of a password hash with its wait for a thread, in seconds";
        metrics.register_latency("password_hash_duration_seconds", time, &self.duration);
    }

    /// Checks whether the requester may get a permit, but takes none: to refuse a call before its body is read.
    ///
    /// # Errors
    /// [`HashingError::Overloaded`] when the requester already holds a quarter of the queue.
    pub fn check_permit(&self, requester: Requester) -> Result<(), HashingError> {
        self.hasher.check_permit(requester).inspect_err(|error| self.count_error(error))
    }

    /// Takes a permit for the hash queue.
    ///
    /// # Errors
    /// [`HashingError::Overloaded`] when the requester already holds a quarter of the queue.
    pub fn take_permit(&self, requester: Requester) -> Result<QueuePermit, HashingError> {
        self.hasher.take_permit(requester).inspect_err(|error| self.count_error(error))
    }

    /// Begins an attempt at an account's password. At most `max` attempts at one account run at once, so that parallel
    /// guesses cannot all run before the first failure is known; a further one waits up to two seconds.
    ///
    /// # Errors
    /// See [`SlotError`].
    pub async fn take_slot(
        &self,
        permit: QueuePermit,
        account: AttemptKey,
        max: usize,
    ) -> Result<AccountSlot, SlotError> {
        let slot = self.hasher.take_slot(permit, account, max).await;
        slot.inspect_err(|error| {
            if let SlotError::Hashing(error) = error {
                self.count_error(error);
            }
        })
    }

    /// Begins an attempt at a user's password inside a session, where no account is ever blocked.
    ///
    /// # Errors
    /// [`HashingError::Overloaded`] when too many other attempts at the user run.
    pub async fn take_slot_in_session(
        &self,
        permit: QueuePermit,
        user: AttemptKey,
    ) -> Result<AccountSlot, HashingError> {
        self.take_slot(permit, user, MAX_ATTEMPTS_AT_ONCE).await.map_err(|error| match error {
            SlotError::Hashing(error) => error,
            SlotError::TooSoon(_) => HashingError::Overloaded(Overload::AccountBusy),
        })
    }

    /// Hashes a password that a user chooses.
    ///
    /// # Errors
    /// See [`NewPasswordError`].
    pub async fn hash_new(
        &self,
        permit: &QueuePermit,
        password: Password,
    ) -> Result<PasswordHash, NewPasswordError> {
        if let Some(breached) = &self.breached {
            let (breached, password) = (Arc::clone(breached), password.clone());
            let found = spawn_blocking(move || breached.contains(password.as_bytes())).await;
            let found = found.unwrap_or_else(|error| Err(std::io::Error::other(error)));
            if found.map_err(NewPasswordError::ListUnreadable)? {
                return Err(NewPasswordError::Breached);
            }
        }
        Ok(self.hash(permit, password).await?)
    }

    /// Hashes a password that the user already has, with the current parameters.
    ///
    /// # Errors
    /// See [`PasswordHasher::hash`].
    pub async fn hash(
        &self,
        permit: &QueuePermit,
        password: Password,
    ) -> Result<PasswordHash, HashingError> {
        self.counted(self.hasher.hash(permit, password)).await
    }

    /// Checks a password against a stored hash. `None` means that there is no such user: the check takes as long, and
    /// the password never matches.
    ///
    /// # Errors
    /// See [`PasswordHasher::verify`].
    pub async fn verify(
        &self,
        slot: &AccountSlot,
        password: Password,
        stored: Option<&str>,
    ) -> Result<Verdict, HashingError> {
        self.counted(self.hasher.verify(slot, password, stored)).await
    }

    /// The hasher, with its threads.
    pub fn hasher(&self) -> &PasswordHasher {
        &self.hasher
    }

    async fn counted<T>(
        &self,
        work: impl Future<Output = Result<T, HashingError>>,
    ) -> Result<T, HashingError> {
        let began = Instant::now();
        let result = work.await;
        match &result {
            Ok(_) => {
                self.hashes.add("done");
                self.duration.observe(began.elapsed());
            }
            Err(error) => self.count_error(error),
        }
        result
    }

    fn count_error(&self, error: &HashingError) {
        let HashingError::Overloaded(overload) = error else { return self.hashes.add("failed") };
        self.hashes.add("overloaded");
        self.overloads.add(match overload {
            Overload::Share => "share",
            Overload::AccountBusy => "account_busy",
            Overload::QueueFull => "queue_full",
            Overload::Waited => "waited",
        });
    }
}
