//! When the tokens of sessions expire; deletes sessions whose tokens have expired.

use database::AnyConnection;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, delete, dsl::max};

use service_kit::{
    ids::{SessionId, UserId},
    unix_time::UnixSeconds,
};

use super::sessions;
use crate::store::DbResult;

/// A session, or a service account, with the latest expiry of its access tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessExpiry<Id> {
    /// The session's id, or the service account's.
    pub id: Id,
    /// The latest expiry.
    pub expires_at: UnixSeconds,
}

pub(in crate::store) fn access_expiries<Id>(rows: Vec<(Id, UnixSeconds)>) -> Vec<AccessExpiry<Id>> {
    rows.into_iter().map(|(id, expires_at)| AccessExpiry { id, expires_at }).collect()
}

/// The latest expiry of any access token in these users' live sessions. A user without a live session is left out.
pub fn latest_access(
    connection: &mut AnyConnection,
    users: &[UserId],
) -> DbResult<Vec<AccessExpiry<UserId>>> {
    let live = sessions::table
        .filter(sessions::user_id.eq_any(users))
        .filter(sessions::revoked_at.is_null())
        .group_by(sessions::user_id)
        .select((sessions::user_id, max(sessions::access_expires_at)));
    let rows: Vec<(UserId, Option<UnixSeconds>)> = live.load(connection)?;
    let latest = |(id, expires_at): (UserId, Option<UnixSeconds>)| {
        Some(AccessExpiry { id, expires_at: expires_at? })
    };
    Ok(rows.into_iter().filter_map(latest).collect())
}

/// A session with the latest expiry of its access and refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastExpiry {
    /// The session's id.
    pub id: SessionId,
    /// The last expiry.
    pub expires_at: UnixSeconds,
}

/// The latest expiries of up to `limit` sessions after the id `after`, in the order of ids.
pub fn list_expiries_after(
    connection: &mut AnyConnection,
    after: Option<&SessionId>,
    limit: i64,
) -> DbResult<Vec<LastExpiry>> {
    // An empty text is less than every id.
    let after = after.cloned().unwrap_or_else(|| SessionId::from_trusted(String::new()));
    let query = sessions::table
        .filter(sessions::id.gt(after))
        .order(sessions::id)
        .limit(limit)
        .select((sessions::id, sessions::refresh_expires_at, sessions::access_expires_at));
    let rows: Vec<(SessionId, UnixSeconds, UnixSeconds)> = query.load(connection)?;
    let last = rows
        .into_iter()
        .map(|(id, refresh, access)| LastExpiry { id, expires_at: refresh.max(access) });
    Ok(last.collect())
}

/// Deletes these sessions, if all their tokens expired before `time`. Returns how many.
pub fn purge(
    connection: &mut AnyConnection,
    ids: &[SessionId],
    time: UnixSeconds,
) -> DbResult<usize> {
    let expired = sessions::table
        .filter(sessions::id.eq_any(ids))
        .filter(sessions::refresh_expires_at.lt(time))
        .filter(sessions::access_expires_at.lt(time));
    Ok(delete(expired).execute(connection)?)
}
