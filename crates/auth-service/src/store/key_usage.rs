//! Counts the sessions whose refresh token a signing key has signed.

use database::{AnyConnection, DatabaseError};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};

use service_kit::unix_time::UnixSeconds;

use super::schema::sessions;

/// The number of sessions that are live at `now` and were last rotated at `from` or later and, if given, before
/// `until`. Reads the whole table, so it is for a command and not for a request.
pub fn live_sessions(
    connection: &mut AnyConnection,
    from: UnixSeconds,
    until: Option<UnixSeconds>,
    now: UnixSeconds,
) -> Result<i64, DatabaseError> {
    let live = sessions::table
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::refresh_expires_at.gt(now))
        .filter(sessions::rotated_at.ge(from))
        .filter(sessions::rotated_at.lt(until.unwrap_or(UnixSeconds::MAX)));
    Ok(live.count().get_result(connection)?)
}
