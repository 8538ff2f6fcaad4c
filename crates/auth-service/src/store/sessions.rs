//! The table `sessions`: one row a session, however often it is refreshed.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable,
    RunQueryDsl, Selectable, SelectableHelper, delete,
    dsl::sql,
    insert_into,
    sql_types::{Bool, Double},
    update,
};
use service_kit::database::{AnyConnection, DatabaseError, Fixed};

use super::{
    schema::{sessions, users},
    users::UserRow,
};

/// One session as stored. Times are whole seconds since the epoch, as they go into tokens.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub struct SessionRow {
    /// A UUID: the `sid` of its tokens.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// The `jti` of the refresh token that counts.
    pub current_jti: String,
    /// The `jti` of the one it replaced.
    pub previous_jti: Option<String>,
    /// When it replaced it: the `iat` of the current refresh token.
    pub rotated_at: i64,
    /// The `exp` of the current refresh token.
    pub refresh_expires_at: i64,
    /// The latest `exp` of any access token issued in it.
    pub access_expires_at: i64,
    /// When its user last gave a password.
    pub auth_time: i64,
    /// When it began.
    pub created_at: i64,
    /// When it was last refreshed.
    pub last_used_at: i64,
    /// When it ends at the latest.
    pub expires_at: i64,
    /// When it was ended before that.
    pub revoked_at: Option<i64>,
    /// The `User-Agent` of its login, cut to a sane length.
    pub user_agent: Option<String>,
    /// The address of its login.
    pub ip: Option<String>,
}

/// What one refresh changes in a row.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The `jti` presented.
    pub from_jti: String,
    /// The `jti` that replaces it.
    pub to_jti: String,
    /// Now.
    pub rotated_at: i64,
    /// The `exp` of the new refresh token.
    pub refresh_expires_at: i64,
    /// The `exp` of the access token issued with it.
    pub access_expires_at: i64,
}

type Done<T> = Result<T, DatabaseError>;

/// Inserts a new session. One of no user is a fault.
pub fn insert(connection: &mut AnyConnection, session: &SessionRow) -> Done<()> {
    let inserted = insert_into(sessions::table).values(session).returning(sessions::id);
    // To the end, where SQLite says that there is no such user.
    Fixed(inserted).load::<String>(connection)?;
    Ok(())
}

/// The session of that id, with its user.
pub fn with_user(connection: &mut AnyConnection, id: &str) -> Done<Option<(SessionRow, UserRow)>> {
    let query = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(id))
        .select((SessionRow::as_select(), UserRow::as_select()));
    Ok(query.first(connection).optional()?)
}

/// The same, with PostgreSQL's own clock in seconds; `None` for SQLite, which lives in this process.
pub fn with_user_and_time(
    connection: &mut AnyConnection,
    id: &str,
) -> Done<Option<(SessionRow, UserRow, Option<f64>)>> {
    let AnyConnection::Postgres(postgres) = connection else {
        let found = with_user(connection, id)?;
        return Ok(found.map(|(session, user)| (session, user, None)));
    };
    let time = sql::<Double>("extract(epoch from clock_timestamp())::float8");
    let query = sessions::table.inner_join(users::table).filter(sessions::id.eq(id)).select((
        SessionRow::as_select(),
        UserRow::as_select(),
        time,
    ));
    let found = Fixed(query.limit(1)).get_result(postgres).optional()?;
    Ok(found.map(|(session, user, time): (_, _, f64)| (session, user, Some(time))))
}

/// Replaces the current refresh token, if it is the one presented and the session lives: compare and swap.
///
/// `before`, by the database's own clock: a statement that a frozen server finds in its queue when it thaws must not
/// rotate for a caller who left long ago, and whose next try would then look like reuse.
pub fn rotate(
    connection: &mut AnyConnection,
    id: &str,
    rotation: &Rotation,
    before: Option<f64>,
) -> Done<bool> {
    let current = sessions::table
        .filter(sessions::id.eq(id))
        .filter(sessions::current_jti.eq(&rotation.from_jti))
        .filter(sessions::revoked_at.is_null());
    let new = (
        sessions::current_jti.eq(&rotation.to_jti),
        sessions::previous_jti.eq(&rotation.from_jti),
        sessions::rotated_at.eq(rotation.rotated_at),
        sessions::refresh_expires_at.eq(rotation.refresh_expires_at),
        sessions::access_expires_at.eq(rotation.access_expires_at),
        sessions::last_used_at.eq(rotation.rotated_at),
    );
    let changed = match (connection, before) {
        (AnyConnection::Postgres(postgres), Some(before)) => {
            let in_time =
                sql::<Bool>("clock_timestamp() < to_timestamp(").bind::<Double, _>(before).sql(")");
            let rotated = update(current.filter(in_time)).set(new).returning(sessions::id);
            Fixed(rotated).get_result::<String>(postgres).optional()?
        }
        (connection, _) => {
            let rotated = update(current).set(new).returning(sessions::id);
            Fixed(rotated).get_result(connection).optional()?
        }
    };
    Ok(changed.is_some())
}

/// Notes that an access token with this `exp` is issued, if the session lives and `jti` is still current.
pub fn extend_access(
    connection: &mut AnyConnection,
    (id, jti): (&str, &str),
    access_expires_at: i64,
) -> Done<bool> {
    let current = sessions::table
        .filter(sessions::id.eq(id))
        .filter(sessions::current_jti.eq(jti))
        .filter(sessions::revoked_at.is_null());
    let new = sessions::access_expires_at.eq(access_expires_at);
    Ok(update(current).set(new).execute(connection)? == 1)
}

/// Notes that the user gave the password again, and that an access token with this `exp` is issued.
pub fn note_password(
    connection: &mut AnyConnection,
    id: &str,
    auth_time: i64,
    access_expires_at: i64,
) -> Done<bool> {
    let live = sessions::table.filter(sessions::id.eq(id)).filter(sessions::revoked_at.is_null());
    let new =
        (sessions::auth_time.eq(auth_time), sessions::access_expires_at.eq(access_expires_at));
    Ok(update(live).set(new).execute(connection)? == 1)
}

/// Ends one session. `false` if there is no live one of that id.
pub fn revoke(connection: &mut AnyConnection, id: &str, now: i64) -> Done<bool> {
    let live = sessions::table.filter(sessions::id.eq(id)).filter(sessions::revoked_at.is_null());
    Ok(update(live).set(sessions::revoked_at.eq(now)).execute(connection)? == 1)
}

/// The ids of a user's sessions that were not ended.
pub fn unrevoked_of_user(connection: &mut AnyConnection, user_id: &str) -> Done<Vec<String>> {
    let query = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .select(sessions::id);
    Ok(query.load(connection)?)
}

/// Whether the session was ended, or there is none.
pub fn is_over(connection: &mut AnyConnection, id: &str) -> Done<bool> {
    let live = sessions::table
        .filter(sessions::id.eq(id))
        .filter(sessions::revoked_at.is_null())
        .select(sessions::id);
    Ok(live.first::<String>(connection).optional()?.is_none())
}

/// When a session began; `None` if there is none.
pub fn began(connection: &mut AnyConnection, id: &str) -> Done<Option<i64>> {
    let query = sessions::table.find(id).select(sessions::created_at);
    Ok(query.first(connection).optional()?)
}

/// When the last access token of a session expires.
pub fn access_end(connection: &mut AnyConnection, id: &str) -> Done<Option<i64>> {
    let query = sessions::table.find(id).select(sessions::access_expires_at);
    Ok(query.first(connection).optional()?)
}

/// The live sessions of a user that have not expired, newest first.
pub fn live_of_user(
    connection: &mut AnyConnection,
    user_id: &str,
    now: i64,
) -> Done<Vec<SessionRow>> {
    let query = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::refresh_expires_at.gt(now).or(sessions::access_expires_at.gt(now)))
        .order((sessions::created_at.desc(), sessions::id))
        .select(SessionRow::as_select());
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
