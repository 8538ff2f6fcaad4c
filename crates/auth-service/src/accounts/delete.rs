//! Deleting one's own account.

use database::{Database, DatabaseError};
use service_kit::{
    ids::{SessionId, UserId},
    unix_time::UnixSeconds,
};

use crate::{
    audit::{self, Entry, Event, RequestContext},
    sessions::revoke::{revoke_all_in, revoke_surplus},
    store::{self, DbResult, Transaction},
};

/// Why a user is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// The caller's session has ended, or the user was deleted.
    #[error("the session has ended")]
    SessionEnded,
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Deletes a user with every session. `session_id` is the caller's session.
///
/// # Errors
/// See [`DeleteError`].
pub async fn delete(
    database: &Database,
    user_id: UserId,
    session_id: SessionId,
    context: &RequestContext,
) -> Result<(), DeleteError> {
    let now = context.at.seconds();
    let entry = context.done(Event::UserDeleted).about_user(&user_id).in_session(&session_id);
    revoke_surplus(database, &user_id, Some(&session_id), now, &entry).await?;
    let deleted = audit::write(database, move |transaction| {
        delete_in(transaction, &user_id, &session_id, now, &entry)
    });
    if deleted.await? { Ok(()) } else { Err(DeleteError::SessionEnded) }
}

/// `false` if the session has ended, or there is no such user.
fn delete_in(
    transaction: &mut Transaction<'_>,
    user_id: &UserId,
    session_id: &SessionId,
    now: UnixSeconds,
    entry: &Entry,
) -> DbResult<bool> {
    if !store::users::bump_credential_version(transaction, user_id)?
        || store::sessions::is_revoked(transaction, session_id)?
    {
        return Ok(false);
    }
    revoke_all_in(transaction, user_id, now, entry)?;
    store::users::remove(transaction, user_id)
}
