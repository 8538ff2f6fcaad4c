//! Enabling a disabled user again, by an operator.

use database::{Database, DatabaseError};
use service_kit::ids::UserId;

use crate::{
    audit::{self, Event, RequestContext},
    store,
};

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
pub async fn enable(
    database: &Database,
    user_id: UserId,
    context: &RequestContext,
) -> Result<(), EnableError> {
    let entry = context.done(Event::UserEnabled).about_user(&user_id);
    let enabled = audit::write(database, move |transaction| {
        let enabled = store::users::set_disabled(transaction, &user_id, None)?;
        if enabled {
            transaction.audit(entry.clone())?;
        }
        Ok(enabled)
    });
    if enabled.await? { Ok(()) } else { Err(EnableError::UserGone) }
}
