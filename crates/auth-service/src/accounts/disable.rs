//! Disabling a user, by an operator.

use database::{Database, DatabaseError};
use service_kit::{ids::UserId, unix_time::UnixSeconds};

use crate::{
    audit::{self, Entry, Event, RequestContext},
    sessions::revoke::{revoke_all_in, revoke_surplus},
    store::{self, DbResult, Transaction},
};

/// Why a user is not disabled.
#[derive(Debug, thiserror::Error)]
pub enum DisableError {
    /// There is no such user, or the user was deleted.
    #[error("the user is gone")]
    UserGone,
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Disables a user and ends every session. Logins in flight fail.
///
/// # Errors
/// See [`DisableError`].
pub async fn disable(
    database: &Database,
    user_id: UserId,
    context: &RequestContext,
) -> Result<(), DisableError> {
    let now = context.at.seconds();
    let entry = context.done(Event::UserDisabled).about_user(&user_id);
    revoke_surplus(database, &user_id, None, now, &entry).await?;
    let disabled =
        audit::write(database, move |transaction| disable_in(transaction, &user_id, now, &entry));
    if disabled.await? { Ok(()) } else { Err(DisableError::UserGone) }
}

/// `false` if there is no such user.
fn disable_in(
    transaction: &mut Transaction<'_>,
    user_id: &UserId,
    now: UnixSeconds,
    entry: &Entry,
) -> DbResult<bool> {
    if !store::users::bump_credential_version(transaction, user_id)? {
        return Ok(false);
    }
    store::users::set_disabled(transaction, user_id, Some(now))?;
    revoke_all_in(transaction, user_id, now, entry)?;
    Ok(true)
}
