//! Reads sessions, for requests that change nothing.

use database::Database;
use service_kit::{
    ids::{SessionId, UserId},
    unix_time::UnixSeconds,
};

use crate::store::{
    self, DbResult,
    sessions::{SessionRow, SessionWithUser},
};

/// Whether the session was revoked, or there is no such session.
///
/// # Errors
/// When the database is unavailable.
pub async fn is_revoked(database: &Database, id: SessionId) -> DbResult<bool> {
    database.read(move |connection| store::sessions::is_revoked(connection, &id)).await
}

/// The rights version of the user of a live session; `None` if the session was revoked, or there is no such session.
///
/// # Errors
/// When the database is unavailable.
pub async fn rights_version(database: &Database, id: SessionId) -> DbResult<Option<i64>> {
    database.read(move |connection| store::sessions::rights_version(connection, &id)).await
}

/// When a session began; `None` if there is no such session.
///
/// # Errors
/// When the database is unavailable.
pub async fn started_at(database: &Database, id: SessionId) -> DbResult<Option<UnixSeconds>> {
    database.read(move |connection| store::sessions::started_at(connection, &id)).await
}

/// A session of this user, revoked or not; `None` if it belongs to another user, or the user is disabled.
///
/// # Errors
/// When the database is unavailable.
pub async fn find_of_user(
    database: &Database,
    id: SessionId,
    user_id: UserId,
) -> DbResult<Option<SessionWithUser>> {
    let read = database.read(move |connection| store::sessions::with_user(connection, &id));
    let found = read.await?;
    Ok(found.filter(|found| found.user.id == user_id && found.user.disabled_at.is_none()))
}

/// The live sessions of a user, newest first, at most `limit`.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(
    database: &Database,
    user_id: UserId,
    limit: i64,
    now: UnixSeconds,
) -> DbResult<Vec<SessionRow>> {
    let read =
        move |connection: &mut _| store::sessions::live_of_user(connection, &user_id, now, limit);
    database.read(read).await
}
