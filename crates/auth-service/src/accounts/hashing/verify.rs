//! Checks passwords against stored hashes, and wraps weak hashes of other systems.

use super::{
    AccountSlot, HashingError, PasswordHasher, Requester, has_no_password,
    imported_hash::WeakHash,
    phc_hash::{Argon2Cost, PhcHash},
    stored_hash::{StoredHash, StoredHashError},
};
use crate::{
    accounts::Password,
    throttle::{AttemptKey, Source},
};

/// The result of checking a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The password matches the stored hash.
    pub matches: bool,
    /// The password matches, and its hash was made by another system or with parameters below the current ones: hash it
    /// again.
    pub rehash: bool,
}

impl PasswordHasher {
    /// Checks a password against a stored hash. `None` is checked against a dummy hash and never matches. That check
    /// takes as long as the check of some account's hash (see [`super::HashCostDistribution`]), so the time does not
    /// show whether the account exists.
    ///
    /// A stored hash that cannot be read, or whose parameters are above the maximum, is not computed: it is handled
    /// like `None`, with a warning in the log.
    ///
    /// # Errors
    ///
    /// [`HashingError::Overloaded`] or [`HashingError::Failed`].
    pub async fn verify(
        &self,
        slot: &AccountSlot,
        password: Password,
        stored: Option<&str>,
    ) -> Result<Verdict, HashingError> {
        let known = stored.and_then(|text| self.read(text));
        let (is_known, current) = (known.is_some(), self.parameters);
        let checked = known.unwrap_or_else(|| self.dummy(slot.account()));
        let slot_guard = slot.clone();
        let verdict = self
            .run(slot.permit().requester(), move |engine| {
                let _slot_guard = slot_guard; // moved into the job: kept until it has run
                let normalised = checked.matches(engine, password.as_bytes())?;
                // Other systems hash a password in the form that was sent. Their dummy hashes are checked twice as
                // well.
                let sent = password.sent_if_different().filter(|_| checked.is_foreign());
                let sent = sent.map_or(Ok(false), |sent| checked.matches(engine, sent))?;
                let rehash = sent || checked.is_below(current);
                let matches = normalised || sent;
                // A text that this service does not accept as a new password keeps its old hash.
                Ok(Verdict { matches, rehash: matches && rehash && password.can_be_stored() })
            })
            .await?;
        Ok(if is_known { verdict } else { Verdict { matches: false, rehash: false } })
    }

    /// Wraps a weak hash in Argon2id, for an import. Returns the form to store.
    ///
    /// # Errors
    ///
    /// [`HashingError::Overloaded`], [`HashingError::Randomness`] or [`HashingError::Failed`].
    pub async fn wrap(&self, weak: WeakHash) -> Result<String, HashingError> {
        let parameters = self.parameters;
        let requester = Requester::Source(Source::Unknown);
        self.run(requester, move |engine| weak.0.wrap(engine, parameters)).await
    }

    /// Reads a stored hash. `None` if it cannot be checked.
    fn read(&self, text: &str) -> Option<StoredHash> {
        let read = StoredHash::parse(text).and_then(|stored| self.within_memory(stored));
        // An account without a password is not an error: its user cannot sign in with one.
        let is_unexpected = read.is_err() && !has_no_password(text);
        read.inspect_err(|error| {
            if is_unexpected {
                tracing::warn!(%error, "a stored password hash cannot be checked");
            }
        })
        .ok()
    }

    fn within_memory(&self, stored: StoredHash) -> Result<StoredHash, StoredHashError> {
        stored.cost().within(self.stored_cap.memory_kib).map(|_| stored)
    }

    /// The dummy hash against which a password is checked if the account does not exist.
    fn dummy(&self, account: AttemptKey) -> StoredHash {
        let sampled = self.distribution.load().sample(account);
        let sampled = sampled.and_then(|cost| cost.within(self.stored_cap.memory_kib).ok());
        sampled.and_then(StoredHash::dummy).unwrap_or_else(|| {
            StoredHash::Argon2(PhcHash::dummy(Argon2Cost::current(self.parameters)))
        })
    }
}
