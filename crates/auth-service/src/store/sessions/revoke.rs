//! Revokes sessions, and finds the sessions to revoke.

use database::AnyConnection;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, Queryable, RunQueryDsl, Selectable,
    SelectableHelper, update,
};

use service_kit::{
    ids::{SessionId, UserId},
    unix_time::UnixSeconds,
};

use super::{
    expiry::{AccessExpiry, access_expiries},
    sessions,
};
use crate::store::DbResult;

/// Revokes these sessions, if they are live. Returns each revoked session with the expiry of its last access token. The
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

/// Revokes every live session of a user. Returns each with the expiry of its last access token.
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
    /// A session that began before this time and was never refreshed is revoked first.
    pub unused_before: UnixSeconds,
    /// How many sessions stay.
    pub keep: i64,
    /// Most ids that are returned.
    pub limit: i64,
}

/// The ids of a user's sessions above the number `keep` that are neither revoked nor expired. Sessions that were
/// refreshed, or that began after `unused_before`, are kept first; among them the most recently used ones.
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
