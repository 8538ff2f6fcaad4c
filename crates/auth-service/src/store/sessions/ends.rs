//! Revokes and deletes sessions.

use database::AnyConnection;
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl, delete, update};

use super::sessions;
use crate::store::DbResult;

/// Ends these sessions, if they are live. Returns each ended session with the expiry of its last access token. The
/// expiry is read after the change, so it includes the token of a refresh that committed just before.
pub fn revoke(
    connection: &mut AnyConnection,
    ids: &[String],
    now: i64,
) -> DbResult<Vec<AccessExpiry>> {
    let live =
        sessions::table.filter(sessions::id.eq_any(ids)).filter(sessions::revoked_at.is_null());
    let revoked = update(live)
        .set(sessions::revoked_at.eq(now))
        .returning((sessions::id, sessions::access_expires_at));
    Ok(access_expiries(revoked.load(connection)?))
}

/// Ends every live session of a user. Returns each with the expiry of its last access token.
pub fn revoke_all(
    connection: &mut AnyConnection,
    user_id: &str,
    now: i64,
) -> DbResult<Vec<AccessExpiry>> {
    let live = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null());
    let revoked = update(live)
        .set(sessions::revoked_at.eq(now))
        .returning((sessions::id, sessions::access_expires_at));
    Ok(access_expiries(revoked.load(connection)?))
}

/// The ids of up to `limit` live sessions of a user, without the session `except`. Unordered: an ORDER BY would make
/// PostgreSQL read and sort all of them.
pub fn some_of_user(
    connection: &mut AnyConnection,
    user_id: &str,
    except: Option<&str>,
    limit: i64,
) -> DbResult<Vec<String>> {
    let query = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::id.ne(except.unwrap_or_default()))
        .limit(limit)
        .select(sessions::id);
    Ok(query.load(connection)?)
}

/// Up to `limit` live sessions as `(user, session)`, in the order of users, beginning with the user `from`.
pub fn live_from_user(
    connection: &mut AnyConnection,
    user_id: &str,
    limit: i64,
) -> DbResult<Vec<(String, String)>> {
    let query = sessions::table
        .filter(sessions::user_id.ge(user_id))
        .filter(sessions::revoked_at.is_null())
        .order(sessions::user_id)
        .limit(limit)
        .select((sessions::user_id, sessions::id));
    Ok(query.load(connection)?)
}

/// The query of [`surplus`].
#[derive(Clone, Copy, Debug)]
pub struct SurplusQuery<'a> {
    /// The user.
    pub user_id: &'a str,
    /// A session that is not counted.
    pub except: &'a str,
    /// Seconds since the epoch.
    pub now: i64,
    /// A session that began before this time and was never refreshed is ended first.
    pub unused_since: i64,
    /// How many sessions stay.
    pub keep: i64,
    /// Most ids that are returned.
    pub limit: i64,
}

/// The ids of a user's live sessions above the number `keep`. Sessions that were refreshed, or that began after
/// `unused_since`, are kept first; among them the most recently used ones.
pub fn surplus(connection: &mut AnyConnection, query: SurplusQuery<'_>) -> DbResult<Vec<String>> {
    let SurplusQuery { user_id, except, now, unused_since, keep, limit } = query;
    let left_behind = sessions::previous_jti.is_null().and(sessions::created_at.lt(unused_since));
    let query = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::id.ne(except))
        .filter(sessions::refresh_expires_at.gt(now).or(sessions::access_expires_at.gt(now)))
        .order((left_behind.asc(), sessions::last_used_at.desc(), sessions::id))
        .offset(keep)
        .limit(limit)
        .select(sessions::id);
    Ok(query.load(connection)?)
}

/// A session, or a service account, with the latest expiry of its access tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessExpiry {
    /// The session's id, or the service account's.
    pub id: String,
    /// Seconds since the epoch.
    pub expires_at: i64,
}

pub(in crate::store) fn access_expiries(rows: Vec<(String, i64)>) -> Vec<AccessExpiry> {
    rows.into_iter().map(|(id, expires_at)| AccessExpiry { id, expires_at }).collect()
}

/// A session with the latest expiry of its access and refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastExpiry {
    /// The session's id.
    pub id: String,
    /// Seconds since the epoch.
    pub expires_at: i64,
}

/// The latest expiries of up to `limit` sessions after the id `after`, in the order of ids.
pub fn list_expiries_after(
    connection: &mut AnyConnection,
    after: &str,
    limit: i64,
) -> DbResult<Vec<LastExpiry>> {
    let query = sessions::table
        .filter(sessions::id.gt(after))
        .order(sessions::id)
        .limit(limit)
        .select((sessions::id, sessions::refresh_expires_at, sessions::access_expires_at));
    let rows: Vec<(String, i64, i64)> = query.load(connection)?;
    let last = |(id, refresh, access): (String, i64, i64)| LastExpiry {
        id,
        expires_at: refresh.max(access),
    };
    Ok(rows.into_iter().map(last).collect())
}

/// Deletes these sessions, if all their tokens expired before `time`. Returns how many.
pub fn purge(connection: &mut AnyConnection, ids: &[String], time: i64) -> DbResult<usize> {
    let ended = sessions::table
        .filter(sessions::id.eq_any(ids))
        .filter(sessions::refresh_expires_at.lt(time))
        .filter(sessions::access_expires_at.lt(time));
    Ok(delete(ended).execute(connection)?)
}
