//! Entering the password again inside a session, which makes the session fresh.

use database::{Database, DatabaseError};

use super::OwnSession;
use crate::{
    audit::{self, Event, RequestContext},
    lifetimes::Lifetimes,
    sessions::{self, wrong_passwords},
    store::{self, DbResult, Transaction, sessions::SessionRow},
};

/// Why a reauthentication fails.
#[derive(Debug, thiserror::Error)]
pub enum ReauthenticateError {
    /// The session has ended, or the user can no longer sign in.
    #[error("the session has ended")]
    SessionEnded,
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Makes a session fresh after its user's password was checked. Returns its new row.
///
/// # Errors
/// See [`ReauthenticateError`].
pub async fn reauthenticate(
    database: &Database,
    own: &OwnSession,
    lifetimes: &Lifetimes,
    context: RequestContext,
) -> Result<SessionRow, ReauthenticateError> {
    let OwnSession { user, session, .. } = own;
    let now = context.at.seconds();
    // The session may have expired while the password was being checked.
    if sessions::is_ended(session, now) {
        return Err(ReauthenticateError::SessionEnded);
    }
    let access_expires_at = session.expires_at.min(now + lifetimes.access);
    let fresh = SessionRow {
        auth_time: now,
        access_expires_at: session.access_expires_at.max(access_expires_at),
        ..session.clone()
    };
    let (version, row, failed) = (user.credential_version, fresh.clone(), own.failure_keys.clone());
    let recorded = audit::transaction(database, move |transaction| {
        let recorded = reauthenticate_in(transaction, version, &row, &context)?;
        if recorded {
            wrong_passwords::clear(transaction, &row.id, &failed)?;
        }
        Ok(recorded)
    });
    if recorded.await? { Ok(fresh) } else { Err(ReauthenticateError::SessionEnded) }
}

/// Stores the new times. `false` if the session has ended, or the user's credential version is no longer `version`.
fn reauthenticate_in(
    transaction: &mut Transaction<'_>,
    version: i64,
    fresh: &SessionRow,
    context: &RequestContext,
) -> DbResult<bool> {
    let now = context.at.seconds();
    let SessionRow { id, user_id, access_expires_at, .. } = fresh;
    let unchanged = store::users::record_login_if_unchanged(transaction, user_id, version, now)?;
    let recorded = unchanged.is_some()
        && store::sessions::record_password(transaction, id, now, *access_expires_at)?;
    if recorded {
        let entry = context.done(Event::SessionReauthenticated).about_user(user_id);
        transaction.audit(entry.in_session(id).authenticated_by_password())?;
    }
    Ok(recorded)
}
