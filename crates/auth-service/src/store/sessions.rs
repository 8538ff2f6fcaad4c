//! The table `sessions`: one row for each session, however often it is refreshed.

pub(super) mod expiry;
mod revoke;
mod rotation;
mod same_client;

use database::{AnyConnection, CachedStatement};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable,
    RunQueryDsl, Selectable, SelectableHelper,
    dsl::sql,
    insert_into,
    sql_types::{BigInt, Text},
};

use service_kit::{
    ids::{SessionId, TokenId, UserId},
    unix_time::UnixSeconds,
};

use super::{
    DbResult, Transaction,
    audit::{AuditRow, WithEntry},
    schema::{audit_log, sessions, users},
    users::UserRow,
};

/// One session as stored. Times are whole seconds, as they go into tokens.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub struct SessionRow {
    /// A UUID: the `sid` of its tokens.
    pub id: SessionId,
    /// Its user.
    pub user_id: UserId,
    /// The `jti` of the current refresh token.
    pub current_jti: TokenId,
    /// The `jti` of the previous refresh token.
    pub previous_jti: Option<TokenId>,
    /// When the current refresh token replaced the previous one: its `iat`.
    pub rotated_at: UnixSeconds,
    /// The `exp` of the current refresh token.
    pub refresh_expires_at: UnixSeconds,
    /// The latest `exp` of its access tokens.
    pub access_expires_at: UnixSeconds,
    /// When its user last entered the password.
    pub auth_time: UnixSeconds,
    /// When it started.
    pub created_at: UnixSeconds,
    /// When it was last refreshed.
    pub last_used_at: UnixSeconds,
    /// When it expires, even if it is used.
    pub expires_at: UnixSeconds,
    /// When it was revoked.
    pub revoked_at: Option<UnixSeconds>,
    /// The beginning of the `User-Agent` of its log-in.
    pub user_agent: Option<String>,
    /// The address of its log-in.
    pub ip: Option<String>,
    /// How the current refresh token was issued (`sessions::issued_token`): short hashes of the client's address and
    /// user agent, and two flags. `None` in rows of older versions.
    pub issuance: Option<String>,
    /// How many replays of the previous token were answered.
    pub replays: i64,
}

pub use self::{
    expiry::{AccessExpiry, LastExpiry, latest_access, list_expiries_after, purge},
    revoke::{SurplusQuery, live_from_user, revoke, revoke_all, some_of_user, surplus},
    rotation::{TimedSession, lock, record_password, record_replay, rotate, with_user_and_time},
    same_client::has_earlier_from_same_client,
};

/// Inserts a new session. A session without a user is an error.
pub fn insert(connection: &mut AnyConnection, session: &SessionRow) -> DbResult<()> {
    let inserted = insert_into(sessions::table).values(session).returning(sessions::id);
    // All rows are read to the end, because SQLite reports a missing user only there.
    CachedStatement(inserted).load::<SessionId>(connection)?;
    Ok(())
}

/// Inserts a new session and its audit entry. Returns how many other sessions of the user are not revoked (some may have
/// expired), counted up to `max`. The caller has locked the user's row, so that no log-in at the same time is missed.
///
/// On PostgreSQL this is one statement, which saves two round trips.
pub fn insert_audited_and_count(
    transaction: &mut Transaction<'_>,
    session: &SessionRow,
    max: i64,
    entry: AuditRow,
) -> DbResult<i64> {
    let AnyConnection::Postgres(postgres) = &mut **transaction else {
        let others = count_of_user(transaction, &session.user_id, max)?;
        insert(transaction, session)?;
        transaction.record(entry)?;
        return Ok(others);
    };
    // Counts the rows as they were before the insert.
    let others = sql::<BigInt>(
        "(SELECT count(*) FROM (SELECT 1 FROM sessions AS others WHERE others.revoked_at IS NULL AND others.user_id = ",
    )
    .bind::<Text, _>(session.user_id.as_str())
    .sql(" LIMIT ")
    .bind::<BigInt, _>(max)
    .sql(") AS counted)");
    let inserted = insert_into(sessions::table).values(session).returning(others);
    let audited = insert_into(audit_log::table).values(&entry);
    let others = CachedStatement(WithEntry::new(audited, inserted)).get_result(postgres)?;
    transaction.add_inserted(entry);
    Ok(others)
}

/// How many sessions of a user are not revoked, counted up to `max`.
fn count_of_user(connection: &mut AnyConnection, user_id: &UserId, max: i64) -> DbResult<i64> {
    let ids: Vec<SessionId> = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .limit(max)
        .select(sessions::id)
        .load(connection)?;
    Ok(i64::try_from(ids.len()).unwrap_or(i64::MAX))
}

/// A session and its user.
#[derive(Clone, Debug)]
pub struct SessionWithUser {
    /// The session.
    pub session: SessionRow,
    /// The user.
    pub user: UserRow,
}

/// The session of that id, with its user.
pub fn with_user(
    connection: &mut AnyConnection,
    id: &SessionId,
) -> DbResult<Option<SessionWithUser>> {
    let query = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(id))
        .select((SessionRow::as_select(), UserRow::as_select()));
    let found = query.first(connection).optional()?;
    Ok(found.map(|(session, user)| SessionWithUser { session, user }))
}

/// Whether the session was revoked, or there is no such session.
pub fn is_revoked(connection: &mut AnyConnection, id: &SessionId) -> DbResult<bool> {
    let live = sessions::table
        .filter(sessions::id.eq(id))
        .filter(sessions::revoked_at.is_null())
        .select(sessions::id);
    Ok(live.first::<SessionId>(connection).optional()?.is_none())
}

/// The rights version of the user of a live session; `None` if the session was revoked, or there is no such session.
pub fn rights_version(connection: &mut AnyConnection, id: &SessionId) -> DbResult<Option<i64>> {
    let live = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(id))
        .filter(sessions::revoked_at.is_null())
        .select(users::rights_version);
    Ok(live.first(connection).optional()?)
}

/// When a session started; `None` if there is no such session.
pub fn started_at(connection: &mut AnyConnection, id: &SessionId) -> DbResult<Option<UnixSeconds>> {
    let query = sessions::table.find(id).select(sessions::created_at);
    Ok(query.first(connection).optional()?)
}

/// The live sessions of a user that have not expired, newest first, up to `limit`.
pub fn live_of_user(
    connection: &mut AnyConnection,
    user_id: &UserId,
    now: UnixSeconds,
    limit: i64,
) -> DbResult<Vec<SessionRow>> {
    // Reads the index backwards, so at most `limit` rows are read.
    let query = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::refresh_expires_at.gt(now).or(sessions::access_expires_at.gt(now)))
        .order((sessions::created_at.desc(), sessions::id.desc()))
        .limit(limit)
        .select(SessionRow::as_select());
    Ok(query.load(connection)?)
}

#[cfg(test)]
mod tests;
