//! Revokes and deletes sessions.

use database::AnyConnection;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, Queryable, RunQueryDsl, Selectable,
    SelectableHelper, delete, dsl::max, update,
};

use service_kit::{
    ids::{SessionId, UserId},
    unix_time::UnixSeconds,
};

use super::sessions;
use crate::store::DbResult;

/// Ends these sessions, if they are live. Returns each ended session with the expiry of its last access token. The
/// expiry is read after the change, so it includes the token of a refresh that committed just before.
pub fn revoke(
    connection: &mut AnyConnection,
    ids: &[SessionId],
    now: UnixSeconds,
) -> DbResult<Vec<AccessExpiry<SessionId>>> {
    let live =
        sessions::table.filter(sessions::id.eq_any(ids)).filter(sessions::revoked_at.is_null());
    let revoked = update(live)
        .set(sessions::revoked_at.eq(Some(now)))
        .returning((sessions::id, sessions::access_expires_at));
    Ok(access_expiries(revoked.load(connection)?))
}

/// Ends every live session of a user. Returns each with the expiry of its last access token.
pub fn revoke_all(
    connection: &mut AnyConnection,
    user_id: &UserId,
    now: UnixSeconds,
) -> DbResult<Vec<AccessExpiry<SessionId>>> {
    let live = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null());
    let revoked = update(live)
        .set(sessions::revoked_at.eq(Some(now)))
        .returning((sessions::id, sessions::access_expires_at));
    Ok(access_expiries(revoked.load(connection)?))
}

/// The ids of up to `limit` live sessions of a user, without the session `except`. Unordered: an ORDER BY would make
/// PostgreSQL read and sort all of them.
pub fn some_of_user(
    connection: &mut AnyConnection,
    user_id: &UserId,
    except: Option<&SessionId>,
    limit: i64,
) -> DbResult<Vec<SessionId>> {
    let query = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::id.ne_all(except))
        .limit(limit)
        .select(sessions::id);
    Ok(query.load(connection)?)
}

/// The ids of a session and of its user.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub struct SessionOfUser {
    /// The user's id.
    pub user_id: UserId,
    /// The session's id.
    #[diesel(column_name = id)]
    pub session_id: SessionId,
}

/// Up to `limit` live sessions in the order of users, beginning with the user `from` or with the first one.
pub fn live_from_user(
    connection: &mut AnyConnection,
    from: Option<&UserId>,
    limit: i64,
) -> DbResult<Vec<SessionOfUser>> {
    // An empty text is less than every id.
    let from = from.cloned().unwrap_or_else(|| UserId::from_trusted(String::new()));
    let query = sessions::table
        .filter(sessions::user_id.ge(from))
        .filter(sessions::revoked_at.is_null())
        .order(sessions::user_id)
        .limit(limit)
        .select(SessionOfUser::as_select());
    Ok(query.load(connection)?)
}

/// The query of [`surplus`].
#[derive(Clone, Copy, Debug)]
pub struct SurplusQuery<'a> {
    /// The user.
    pub user_id: &'a UserId,
    /// A session that is not counted.
    pub except: &'a SessionId,
    /// Seconds since the epoch.
    pub now: UnixSeconds,
    /// A session that began before this time and was never refreshed is ended first.
    pub unused_before: UnixSeconds,
    /// How many sessions stay.
    pub keep: i64,
    /// Most ids that are returned.
    pub limit: i64,
}

/// The ids of a user's live sessions above the number `keep`. Sessions that were refreshed, or that began after
/// `unused_before`, are kept first; among them the most recently used ones.
pub fn surplus(
    connection: &mut AnyConnection,
    query: SurplusQuery<'_>,
) -> DbResult<Vec<SessionId>> {
    let SurplusQuery { user_id, except, now, unused_before, keep, limit } = query;
    let is_unused = sessions::previous_jti.is_null().and(sessions::created_at.lt(unused_before));
    let query = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::id.ne(except))
        .filter(sessions::refresh_expires_at.gt(now).or(sessions::access_expires_at.gt(now)))
        .order((is_unused.asc(), sessions::last_used_at.desc(), sessions::id))
        .offset(keep)
        .limit(limit)
        .select(sessions::id);
    Ok(query.load(connection)?)
}

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
    let ended = sessions::table
        .filter(sessions::id.eq_any(ids))
        .filter(sessions::refresh_expires_at.lt(time))
        .filter(sessions::access_expires_at.lt(time));
    Ok(delete(ended).execute(connection)?)
}
