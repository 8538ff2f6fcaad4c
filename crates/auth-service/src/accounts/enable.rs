//! Enabling a disabled user again, by an operator.

use database::{Database, DatabaseError};
use service_kit::ids::UserId;

use crate::store;

/// Why a user is not enabled.
#[derive(Debug, thiserror::Error)]
pub enum EnableError {
    /// There is no such user, or the user was deleted.
    #[error("the user is gone")]
    UserGone,
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Lets a user sign in again.
///
/// # Errors
/// See [`EnableError`].
pub async fn enable(database: &Database, user_id: UserId) -> Result<(), EnableError> {
    let enabled =
        database.write(move |transaction| store::users::set_disabled(transaction, &user_id, None));
    if enabled.await? { Ok(()) } else { Err(EnableError::UserGone) }
}
