//! Checking a user's password.

use database::Database;
use service_kit::call_budget::with_half_the_time;

use super::{
    Password, PasswordService,
    hashing::{Attempt, HashingError, QueuePermit},
};
use crate::store::{self, users::UserRow};

/// Why a password is not accepted. The answer to clients is the same for the first two.
#[derive(Debug, thiserror::Error)]
pub enum CheckPasswordError {
    /// It is not the user's password, or there is no such user.
    #[error("wrong password or unknown user")]
    Wrong,
    /// It is the user's password, but the user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// It cannot be checked now.
    #[error(transparent)]
    Hashing(#[from] HashingError),
}

impl CheckPasswordError {
    /// Whether the password was checked and not accepted (instead of not checked at all).
    pub fn is_wrong_or_disabled(&self) -> bool {
        self.refusal().is_some()
    }

    /// Why the password was not accepted, as the audit log has it; `None` if it was not checked at all.
    pub fn refusal(&self) -> Option<&'static str> {
        match self {
            Self::Wrong => Some("wrong_password"),
            Self::Disabled => Some("disabled"),
            Self::Hashing(_) => None,
        }
    }
}

/// Returns the user if the password is right. For a missing user (`None`) and a disabled one it takes the same time.
///
/// # Errors
/// See [`CheckPasswordError`].
pub async fn check_password(
    database: &Database,
    passwords: &PasswordService,
    attempt: &Attempt,
    user: Option<UserRow>,
    password: Password,
) -> Result<UserRow, CheckPasswordError> {
    let stored = user.as_ref().map(|user| user.password_hash.as_str());
    let verdict = passwords.verify(attempt, password.clone(), stored).await?;
    let user = user.filter(|_| verdict.matches).ok_or(CheckPasswordError::Wrong)?;
    if user.disabled_at.is_some() {
        return Err(CheckPasswordError::Disabled);
    }
    if verdict.rehash {
        // The wait for a second hash must not use up the time that the session needs.
        with_half_the_time(rehash(database, passwords, attempt.permit(), &user, password)).await;
    }
    Ok(user)
}

/// Replaces a stored hash by one with the current parameters. If that fails, the next login tries again.
async fn rehash(
    database: &Database,
    passwords: &PasswordService,
    permit: &QueuePermit,
    user: &UserRow,
    password: Password,
) {
    let Ok(hash) = passwords.hash(permit, password).await else { return };
    let (id, old, new) = (user.id.clone(), user.password_hash.clone(), hash.into_string());
    let replaced =
        database.write(move |transaction| store::users::replace_hash(transaction, &id, &old, &new));
    if let Err(error) = replaced.await {
        tracing::warn!(%error, "a password hash could not be renewed");
    }
}
