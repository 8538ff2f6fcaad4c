//! How sessions end, and are deleted.

use database::AnyConnection;
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl, delete, update};

use super::{Done, sessions};

/// Ends those of these sessions that live. Returns each with the end of its last access token: read after the change,
/// so that a refresh that came before it has told its own.
pub fn revoke(connection: &mut AnyConnection, ids: &[String], now: i64) -> Done<Vec<End>> {
    let live =
        sessions::table.filter(sessions::id.eq_any(ids)).filter(sessions::revoked_at.is_null());
    let revoked = update(live)
        .set(sessions::revoked_at.eq(now))
        .returning((sessions::id, sessions::access_expires_at));
    Ok(revoked.load(connection)?)
}

/// Ends every live session of a user. Returns each with the end of its last access token.
pub fn revoke_all(connection: &mut AnyConnection, user_id: &str, now: i64) -> Done<Vec<End>> {
    let live = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null());
    let revoked = update(live)
        .set(sessions::revoked_at.eq(now))
        .returning((sessions::id, sessions::access_expires_at));
    Ok(revoked.load(connection)?)
}

/// The ids of up to `limit` live sessions of a user but one. In no order, for which PostgreSQL would read and sort all.
pub fn some_of_user(
    connection: &mut AnyConnection,
    (user_id, but): (&str, &str),
    limit: i64,
) -> Done<Vec<String>> {
    let query = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::id.ne(but))
        .limit(limit)
        .select(sessions::id);
    Ok(query.load(connection)?)
}

/// Up to `limit` live sessions as `(user, session)`, in the order of their users, from one user on.
pub fn live_from_user(
    connection: &mut AnyConnection,
    user_id: &str,
    limit: i64,
) -> Done<Vec<(String, String)>> {
    let query = sessions::table
        .filter(sessions::user_id.ge(user_id))
        .filter(sessions::revoked_at.is_null())
        .order(sessions::user_id)
        .limit(limit)
        .select((sessions::user_id, sessions::id));
    Ok(query.load(connection)?)
}

/// Of a user's live sessions but `new`, the ids of up to `limit` that are more than `keep`. To keep are first those
/// that were refreshed, or began after `unused_since`; of either the ones used last.
pub fn surplus(
    connection: &mut AnyConnection,
    (user_id, new): (&str, &str),
    (now, unused_since): (i64, i64),
    keep: i64,
    limit: i64,
) -> Done<Vec<String>> {
    let left_behind = sessions::previous_jti.is_null().and(sessions::created_at.lt(unused_since));
    let query = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::id.ne(new))
        .filter(sessions::refresh_expires_at.gt(now).or(sessions::access_expires_at.gt(now)))
        .order((left_behind.asc(), sessions::last_used_at.desc(), sessions::id))
        .offset(keep)
        .limit(limit)
        .select(sessions::id);
    Ok(query.load(connection)?)
}

/// A session's id, and when the last token of it expires.
pub type End = (String, i64);

/// When up to `limit` sessions end, in the order of their ids, from behind one.
pub fn ends_behind(connection: &mut AnyConnection, after: &str, limit: i64) -> Done<Vec<End>> {
    let query = sessions::table
        .filter(sessions::id.gt(after))
        .order(sessions::id)
        .limit(limit)
        .select((sessions::id, sessions::refresh_expires_at, sessions::access_expires_at));
    let rows: Vec<(String, i64, i64)> = query.load(connection)?;
    Ok(rows.into_iter().map(|(id, refresh, access)| (id, refresh.max(access))).collect())
}

/// Deletes those of these sessions whose every token expired before `time`. Returns how many.
pub fn purge(connection: &mut AnyConnection, ids: &[String], time: i64) -> Done<usize> {
    let ended = sessions::table
        .filter(sessions::id.eq_any(ids))
        .filter(sessions::refresh_expires_at.lt(time))
        .filter(sessions::access_expires_at.lt(time));
    Ok(delete(ended).execute(connection)?)
}
