//! What happens to a session while it lives: rotations, repeats, passwords.

use database::{AnyConnection, CachedStatement};
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl,
    dsl::sql,
    sql_types::{Bool, Double},
    update,
};

use super::{SessionRow, sessions};
use crate::store::DbResult;

/// Replaces the refresh token `from` by that of the row `next`, if it is current and the session lives: compare and
/// swap.
///
/// `before`, by the database's own clock: a statement that a frozen server finds in its queue when it thaws must not
/// rotate for a caller who left long ago.
pub fn rotate(
    connection: &mut AnyConnection,
    from: &str,
    next: &SessionRow,
    before: Option<f64>,
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
        sessions::repeats.eq(next.repeats),
    );
    let changed = match (connection, before) {
        (AnyConnection::Postgres(postgres), Some(before)) => {
            let in_time =
                sql::<Bool>("clock_timestamp() < to_timestamp(").bind::<Double, _>(before).sql(")");
            let rotated = update(current.filter(in_time)).set(new).returning(sessions::id);
            CachedStatement(rotated).get_result::<String>(postgres).optional()?
        }
        (connection, _) => {
            let rotated = update(current).set(new).returning(sessions::id);
            CachedStatement(rotated).get_result(connection).optional()?
        }
    };
    Ok(changed.is_some())
}

/// Notes a repeat with its access token, if the session lives, its current token is still that of the row `next`, and
/// there were fewer than `most` repeats.
pub fn repeat(connection: &mut AnyConnection, next: &SessionRow, most: i64) -> DbResult<bool> {
    let current = sessions::table
        .filter(sessions::id.eq(&next.id))
        .filter(sessions::current_jti.eq(&next.current_jti))
        .filter(sessions::repeats.lt(most))
        .filter(sessions::revoked_at.is_null());
    let new = (
        sessions::access_expires_at.eq(next.access_expires_at),
        sessions::repeats.eq(sessions::repeats + 1),
    );
    Ok(update(current).set(new).execute(connection)? == 1)
}

/// Notes that the user gave the password again, and that an access token with this `exp` is issued.
pub fn record_password(
    connection: &mut AnyConnection,
    id: &str,
    auth_time: i64,
    access_expires_at: i64,
) -> DbResult<bool> {
    let live = sessions::table.filter(sessions::id.eq(id)).filter(sessions::revoked_at.is_null());
    let new =
        (sessions::auth_time.eq(auth_time), sessions::access_expires_at.eq(access_expires_at));
    Ok(update(live).set(new).execute(connection)? == 1)
}

/// Locks a session's row until the end of the transaction. `false` if no session of that id lives.
pub fn lock(connection: &mut AnyConnection, id: &str) -> DbResult<bool> {
    let live = sessions::table.filter(sessions::id.eq(id)).filter(sessions::revoked_at.is_null());
    // An update that changes nothing: both databases have it.
    let same = sessions::last_used_at.eq(sessions::last_used_at);
    Ok(update(live).set(same).execute(connection)? == 1)
}
