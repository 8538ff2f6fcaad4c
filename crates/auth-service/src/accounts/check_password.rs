//! Checking a user's password.

use database::AnyConnection;
use service_kit::{call_budget::with_half_the_time, ids::UserId};

use super::{
    Password, PasswordService,
    hashing::{AccountSlot, HashingError, PasswordHash},
};
use crate::store::{self, DbResult, HashText, users::UserRow};

/// Why a password is not accepted. The answer to clients is the same for the first two.
#[derive(Debug, thiserror::Error)]
pub enum CheckPasswordError {
    /// It is not the user's password, or there is no such user.
    #[error("wrong password or unknown user")]
    Wrong,
    /// It is the user's password, but the user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// The password cannot be checked now.
    #[error(transparent)]
    Hashing(#[from] HashingError),
}

impl CheckPasswordError {
    /// Whether the password was checked and not accepted (instead of not checked at all).
    pub fn is_wrong_or_disabled(&self) -> bool {
        self.audited_as().is_some()
    }

    /// A fixed word for the audit log, if the password was checked and not accepted.
    pub fn audited_as(&self) -> Option<&'static str> {
        match self {
            Self::Wrong => Some("wrong_password"),
            Self::Disabled => Some("disabled"),
            Self::Hashing(_) => None,
        }
    }
}

/// A user whose password is right.
#[derive(Clone, Debug)]
pub struct CheckedPassword {
    /// The user, as read before the check.
    pub user: UserRow,
    /// A new hash of the same password, if the stored one was made by another system, or with parameters below the
    /// current ones.
    pub renewed: Option<RenewedHash>,
}

/// A hash that replaces an older one of the same password.
#[derive(Clone, Debug)]
pub struct RenewedHash {
    old: HashText,
    new: PasswordHash,
}

impl RenewedHash {
    /// Replaces the stored hash, unless another password was set meanwhile.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub fn replace_stored_hash(
        &self,
        connection: &mut AnyConnection,
        user_id: &UserId,
    ) -> DbResult<()> {
        store::users::replace_hash(connection, user_id, self.old.as_str(), self.new.as_str())
            .map(drop)
    }
}

/// Returns the user if the password is right. The check takes the same time for a missing user (`None`) and for a
/// disabled one.
///
/// # Errors
/// See [`CheckPasswordError`].
pub async fn check_password(
    passwords: &PasswordService,
    slot: &AccountSlot,
    user: Option<UserRow>,
    password: Password,
) -> Result<CheckedPassword, CheckPasswordError> {
    let stored = user.as_ref().map(|user| user.password_hash.as_str());
    let verdict = passwords.verify(slot, password.clone(), stored).await?;
    let user = user.filter(|_| verdict.matches).ok_or(CheckPasswordError::Wrong)?;
    if user.disabled_at.is_some() {
        return Err(CheckPasswordError::Disabled);
    }
    let mut renewed = None;
    if verdict.rehash {
        // The wait for a second hash must not use up the time that the session needs. If it fails, the next log-in
        // tries again.
        let hash = with_half_the_time(passwords.hash(slot.permit(), password)).await.ok();
        renewed = hash.map(|new| RenewedHash { old: user.password_hash.clone(), new });
    }
    Ok(CheckedPassword { user, renewed })
}

/// As [`check_password`], for all users of one name. If there are two, each password signs in to its own account.
pub(super) async fn check_password_of_users(
    passwords: &PasswordService,
    slot: &AccountSlot,
    users: &[UserRow],
    password: &Password,
) -> Result<CheckedPassword, CheckPasswordError> {
    let mut users = users.iter().cloned();
    let first = check_password(passwords, slot, users.next(), password.clone()).await;
    match (first, users.next()) {
        (Err(error), Some(other)) if error.is_wrong_or_disabled() => {
            check_password(passwords, slot, Some(other), password.clone()).await
        }
        (first, _) => first,
    }
}
