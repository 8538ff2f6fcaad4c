//! Reads a session, and changes it if it is live: rotation, replay, reauthentication.

use database::{AnyConnection, CachedStatement};
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, SelectableHelper,
    dsl::sql,
    sql_types::{Bool, Double},
    update,
};

use service_kit::{
    ids::{SessionId, TokenId},
    unix_time::UnixSeconds,
};

use super::{SessionRow, SessionWithUser, sessions, users, with_user};
use crate::store::{DbResult, users::UserRow};

/// A session and its user, with the time at which the database read them.
#[derive(Clone, Debug)]
pub struct TimedSession {
    /// The rows.
    pub found: SessionWithUser,
    /// PostgreSQL's own clock, in seconds since the epoch; `None` for SQLite, which runs in this process.
    pub server_time: Option<f64>,
}

/// Like [`with_user`], with PostgreSQL's own clock.
pub fn with_user_and_time(
    connection: &mut AnyConnection,
    id: &SessionId,
) -> DbResult<Option<TimedSession>> {
    let AnyConnection::Postgres(postgres) = connection else {
        let found = with_user(connection, id)?;
        return Ok(found.map(|found| TimedSession { found, server_time: None }));
    };
    let time = sql::<Double>("extract(epoch from clock_timestamp())::float8");
    let query = sessions::table.inner_join(users::table).filter(sessions::id.eq(id)).select((
        SessionRow::as_select(),
        UserRow::as_select(),
        time,
    ));
    let found = CachedStatement(query.limit(1)).get_result(postgres).optional()?;
    Ok(found.map(|(session, user, time)| TimedSession {
        found: SessionWithUser { session, user },
        server_time: Some(time),
    }))
}

/// Replaces the refresh token `from` by the token of the row `next`, if `from` is still current and the session is live
/// (compare and swap).
///
/// `execute_before` is compared with the database's clock. If the database server was suspended, it may execute this
/// statement late; then it must not rotate the token, because the caller has timed out.
pub fn rotate(
    connection: &mut AnyConnection,
    from: &TokenId,
    next: &SessionRow,
    execute_before: Option<f64>,
) -> DbResult<bool> {
    let current = sessions::table
        .filter(sessions::id.eq(&next.id))
        .filter(sessions::current_jti.eq(from))
        .filter(sessions::revoked_at.is_null());
    let new = (
        sessions::current_jti.eq(&next.current_jti),
        sessions::previous_jti.eq(&next.previous_jti),
        sessions::rotated_at.eq(next.rotated_at),
        sessions::refresh_expires_at.eq(next.refresh_expires_at),
        sessions::access_expires_at.eq(next.access_expires_at),
        sessions::last_used_at.eq(next.last_used_at),
        sessions::issuance.eq(&next.issuance),
        sessions::replays.eq(next.replays),
    );
    let changed = match (connection, execute_before) {
        (AnyConnection::Postgres(postgres), Some(before)) => {
            let in_time =
                sql::<Bool>("clock_timestamp() < to_timestamp(").bind::<Double, _>(before).sql(")");
            let rotated = update(current.filter(in_time)).set(new).returning(sessions::id);
            CachedStatement(rotated).get_result::<SessionId>(postgres).optional()?
        }
        (connection, _) => {
            let rotated = update(current).set(new).returning(sessions::id);
            CachedStatement(rotated).get_result::<SessionId>(connection).optional()?
        }
    };
    Ok(changed.is_some())
}

/// Records a replay and its access token, if the session is live, its current token is still the token of the row
/// `next`, and there were fewer than `max` replays.
pub fn record_replay(
    connection: &mut AnyConnection,
    next: &SessionRow,
    max: i64,
) -> DbResult<bool> {
    let current = sessions::table
        .filter(sessions::id.eq(&next.id))
        .filter(sessions::current_jti.eq(&next.current_jti))
        .filter(sessions::replays.lt(max))
        .filter(sessions::revoked_at.is_null());
    let new = (
        sessions::access_expires_at.eq(next.access_expires_at),
        sessions::replays.eq(sessions::replays + 1),
    );
    Ok(update(current).set(new).execute(connection)? == 1)
}

/// Records that the user entered the password again, and that an access token with this `exp` is issued.
pub fn record_password(
    connection: &mut AnyConnection,
    id: &SessionId,
    auth_time: UnixSeconds,
    access_expires_at: UnixSeconds,
) -> DbResult<bool> {
    let live = sessions::table.filter(sessions::id.eq(id)).filter(sessions::revoked_at.is_null());
    let new =
        (sessions::auth_time.eq(auth_time), sessions::access_expires_at.eq(access_expires_at));
    Ok(update(live).set(new).execute(connection)? == 1)
}

/// Locks a session's row until the end of the transaction. `false` if there is no such live session.
pub fn lock(connection: &mut AnyConnection, id: &SessionId) -> DbResult<bool> {
    let live = sessions::table.filter(sessions::id.eq(id)).filter(sessions::revoked_at.is_null());
    // An update that changes nothing, because it locks the row on both databases.
    let same = sessions::last_used_at.eq(sessions::last_used_at);
    Ok(update(live).set(same).execute(connection)? == 1)
}
