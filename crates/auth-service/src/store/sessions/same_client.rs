//! Whether a session's client was seen before.

use database::AnyConnection;
use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};
use service_kit::{
    ids::{SessionId, UserId},
    unix_time::UnixSeconds,
};

use super::sessions;
use crate::store::DbResult;

/// Most sessions that are compared. A user has fewer, because of the session cap and the purge of ended ones.
const MAX_COMPARED: i64 = 1_000;

/// Whether an earlier session of the user, ended or not, has the same user agent and address as this one.
pub fn has_earlier_from_same_client(
    connection: &mut AnyConnection,
    user_id: &UserId,
    id: &SessionId,
) -> DbResult<bool> {
    type Client = (Option<String>, Option<String>);
    let this = sessions::table.find(id);
    let columns = (sessions::created_at, (sessions::user_agent, sessions::ip));
    let this: Option<(UnixSeconds, Client)> = this.select(columns).first(connection).optional()?;
    let Some((began, client)) = this else { return Ok(false) };
    let is_earlier =
        sessions::created_at.lt(began).or(sessions::created_at.eq(began).and(sessions::id.lt(id)));
    let others: Vec<Client> = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(is_earlier)
        .order(sessions::created_at.desc())
        .limit(MAX_COMPARED)
        .select((sessions::user_agent, sessions::ip))
        .load(connection)?;
    Ok(others.contains(&client))
}
