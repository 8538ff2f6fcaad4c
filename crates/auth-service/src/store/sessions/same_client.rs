//! Whether a session's client was seen before.

use database::AnyConnection;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, IntoSql, OptionalExtension, QueryDsl, RunQueryDsl,
    sql_types::Bool,
};
use service_kit::{
    ids::{SessionId, UserId},
    unix_time::UnixSeconds,
};

use super::sessions;
use crate::{store::DbResult, throttle::Source};

/// Most sessions with the same user agent that are compared: the newest ones.
const MAX_COMPARED: i64 = 1_000;

/// Whether an earlier session of the user, ended or not, has the same user agent and source (an IPv4 address or an IPv6
/// /64) as this one.
pub fn has_earlier_from_same_client(
    connection: &mut AnyConnection,
    user_id: &UserId,
    id: &SessionId,
) -> DbResult<bool> {
    type Columns = (UnixSeconds, Option<String>, Option<String>);
    let this = sessions::table.find(id);
    let columns = (sessions::created_at, sessions::user_agent, sessions::ip);
    let this: Option<Columns> = this.select(columns).first(connection).optional()?;
    let Some((began, user_agent, ip)) = this else { return Ok(false) };
    let is_earlier =
        sessions::created_at.lt(began).or(sessions::created_at.eq(began).and(sessions::id.lt(id)));
    let others: Vec<Option<String>> = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(
            sessions::user_agent
                .eq(&user_agent)
                .or(sessions::user_agent.is_null().and(user_agent.is_none().into_sql::<Bool>())),
        )
        .filter(is_earlier)
        .order(sessions::created_at.desc())
        .limit(MAX_COMPARED)
        .select(sessions::ip)
        .load(connection)?;
    let source = |ip: &Option<String>| Source::of(ip.as_deref().and_then(|ip| ip.parse().ok()));
    Ok(others.iter().any(|other| source(other) == source(&ip)))
}
