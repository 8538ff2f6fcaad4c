//! Revoking sessions. The feed entry of each session is written in the same transaction.
//!
//! Every transaction takes its locks in this order:
//! 1. the user's row, if more than one session ends
//! 2. the rows of the sessions
//! 3. the row `feed_head`, for which all processes wait
//!
//! A log-in also locks the user's row. So a log-in at the same time either commits before, and its session ends too, or
//! it fails afterwards.

use database::{AnyConnection, Database};
use service_kit::{
    call_budget::share_budget,
    ids::{SessionId, UserId},
    unix_time::UnixSeconds,
};

use super::CLOCK_SKEW;
use crate::{
    audit::{self, Entry},
    store::{
        self, DbResult, Transaction,
        revocations::Revoked,
        sessions::{AccessExpiry, SessionRow},
    },
};

/// Most sessions that one transaction revokes.
const BATCH: i64 = 2_000;

/// Revokes one session. `false` if it had already ended, or if there is no such session.
///
/// # Errors
/// When the database is unavailable.
pub fn revoke(
    transaction: &mut Transaction<'_>,
    id: &SessionId,
    now: UnixSeconds,
    entry: &Entry,
) -> DbResult<bool> {
    Ok(revoke_listed(transaction, std::slice::from_ref(id), now, entry)? > 0)
}

/// Revokes one session of a user. `false` if the user has no live session with that id.
///
/// # Errors
/// When the database is unavailable.
pub fn revoke_own(
    transaction: &mut Transaction<'_>,
    user_id: &UserId,
    id: &SessionId,
    now: UnixSeconds,
    entry: &Entry,
) -> DbResult<bool> {
    let owned = store::sessions::with_user(transaction, id)?
        .is_some_and(|found| found.session.user_id == *user_id);
    Ok(owned && revoke(transaction, id, now, entry)?)
}

/// Revokes every session of a user and makes log-ins in flight fail. Returns how many sessions were ended.
///
/// # Errors
/// When the database is unavailable. Sessions that ended before the error stay ended.
pub async fn revoke_all(
    database: &Database,
    user_id: UserId,
    now: UnixSeconds,
    entry: Entry,
) -> DbResult<usize> {
    let entry = entry.about_user(&user_id);
    let first = revoke_down_to_one_batch(database, &user_id, None, now, &entry).await?;
    let rest = audit::transaction(database, move |transaction| {
        store::users::bump_credential_version(transaction, &user_id)?;
        revoke_all_in(transaction, &user_id, now, &entry)
    });
    Ok(first + rest.await?)
}

/// The result of [`revoke_batch_of_users`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedUsers {
    /// Where to continue: the id of the last user.
    pub last_user_id: UserId,
    /// How many sessions were ended.
    pub sessions: usize,
}

/// Revokes the next batch of sessions of all users, in the order of user ids, beginning with the user `from`, or with
/// the first one. `None` when no live session is left.
///
/// # Errors
/// When the database is unavailable.
pub fn revoke_batch_of_users(
    transaction: &mut Transaction<'_>,
    from: Option<&UserId>,
    now: UnixSeconds,
    entry: &Entry,
) -> DbResult<Option<RevokedUsers>> {
    let live = store::sessions::live_from_user(transaction, from, BATCH)?;
    let mut users: Vec<_> = live.iter().map(|session| session.user_id.clone()).collect();
    users.dedup();
    let ids: Vec<_> = live.into_iter().map(|session| session.session_id).collect();
    let Some(last_user_id) = users.last().cloned() else { return Ok(None) };
    store::users::bump_credential_versions(transaction, &users)?;
    let ended = store::sessions::revoke(transaction, &ids, now)?;
    transaction.audit_all(users.iter().map(|user_id| entry.clone().about_user(user_id)))?;
    let sessions = write_feed_entries(transaction, ended, now)?;
    Ok(Some(RevokedUsers { last_user_id, sessions }))
}

/// Revokes sessions of a user in several transactions, until one more transaction can end the rest in time: a user of a
/// version without a session cap may have a hundred thousand. Never ends `except`. Returns how many sessions were
/// ended.
pub(crate) async fn revoke_down_to_one_batch(
    database: &Database,
    user_id: &UserId,
    except: Option<&SessionId>,
    now: UnixSeconds,
    entry: &Entry,
) -> DbResult<usize> {
    let entry = entry.for_sessions_ended_before();
    let (mut total, mut step) = (0, Some(0));
    while let Some(revoked) = step {
        total += revoked;
        // Each step gets the time of a whole request, so the caller waits as long as there is progress.
        step = share_budget(revoke_one_batch(database, user_id, except, now, &entry)).await?;
    }
    Ok(total)
}

/// One step of [`revoke_down_to_one_batch`]; `None` when few enough sessions are left.
async fn revoke_one_batch(
    database: &Database,
    user_id: &UserId,
    except: Option<&SessionId>,
    now: UnixSeconds,
    entry: &Entry,
) -> DbResult<Option<usize>> {
    let (id, except) = (user_id.clone(), except.cloned());
    let read = move |connection: &mut AnyConnection| {
        store::sessions::some_of_user(connection, &id, except.as_ref(), BATCH)
    };
    let some = database.read(read).await?;
    if i64::try_from(some.len()).is_ok_and(|count| count < BATCH) {
        return Ok(None);
    }
    let (id, entry) = (user_id.clone(), entry.clone());
    let revoked = audit::transaction(database, move |transaction| {
        store::users::bump_credential_version(transaction, &id)?;
        revoke_listed(transaction, &some, now, &entry)
    });
    revoked.await.map(Some)
}

/// Revokes these sessions, if they are live. Returns how many were revoked. The caller has checked that this is
/// allowed.
pub(crate) fn revoke_listed(
    transaction: &mut Transaction<'_>,
    ids: &[SessionId],
    now: UnixSeconds,
    entry: &Entry,
) -> DbResult<usize> {
    if ids.is_empty() {
        return Ok(0);
    }
    let ended = store::sessions::revoke(transaction, ids, now)?;
    match ended.as_slice() {
        [] => return Ok(0),
        [one] => transaction.audit(entry.clone().in_session(&one.id))?,
        several => transaction.audit(entry.clone().with_sessions(several.len()))?,
    }
    write_feed_entries(transaction, ended, now)
}

/// Revokes every session of a user. The caller has locked the user's row by changing it.
pub(crate) fn revoke_all_in(
    transaction: &mut Transaction<'_>,
    user_id: &UserId,
    now: UnixSeconds,
    entry: &Entry,
) -> DbResult<usize> {
    let ended = store::sessions::revoke_all(transaction, user_id, now)?;
    transaction.audit(entry.clone().with_sessions(ended.len()))?;
    write_feed_entries(transaction, ended, now)
}

/// Revokes every session of a user and inserts `new`, which replaces one of them.
pub(crate) fn replace_all_in(
    transaction: &mut Transaction<'_>,
    new: &SessionRow,
    now: UnixSeconds,
    entry: &Entry,
) -> DbResult<usize> {
    let ended = store::sessions::revoke_all(transaction, &new.user_id, now)?;
    store::sessions::insert(transaction, new)?;
    transaction.audit(entry.clone().with_sessions(ended.len()))?;
    write_feed_entries(transaction, ended, now)
}

/// Writes the feed entries of ended sessions, except of those whose access tokens have all expired. Returns the number
/// of sessions. Must be the last step of a transaction, because it takes the lock for which all processes wait.
fn write_feed_entries(
    transaction: &mut Transaction<'_>,
    ended: Vec<AccessExpiry<SessionId>>,
    now: UnixSeconds,
) -> DbResult<usize> {
    let count = ended.len();
    let revoked: Vec<_> = ended
        .into_iter()
        .map(|ended| Revoked { sid: ended.id.into(), until: ended.expires_at + CLOCK_SKEW })
        .filter(|revoked| revoked.until > now)
        .collect();
    store::revocations::insert(transaction, &revoked)?;
    Ok(count)
}

#[cfg(test)]
mod tests;
