//! Deletes old entries, and removes addresses from entries. The table itself refuses any change of entries younger than
//! 90 days. On PostgreSQL the serving role has no right to change or delete rows, so it calls functions of the schema's
//! owner.

use database::AnyConnection;
use diesel::{QueryableByName, RunQueryDsl, SqliteConnection, sql_query, sql_types::BigInt};

use service_kit::unix_time::UnixMicros;

use crate::store::DbResult;

/// The time before which the triggers on SQLite allow changes, in microseconds since the epoch.
const LIMIT: &str = "(unixepoch() - 90 * 86400) * 1000000";

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The time before which entries may be changed, by the database's own clock.
pub fn limit(connection: &mut AnyConnection) -> DbResult<UnixMicros> {
    let limit = match connection {
        AnyConnection::Postgres(postgres) => {
            sql_query("SELECT audit_log_limit() AS number").get_result::<Number>(postgres)?
        }
        AnyConnection::Sqlite(sqlite) => {
            sql_query(format!("SELECT {LIMIT} AS number")).get_result::<Number>(sqlite)?
        }
    };
    Ok(UnixMicros::new(limit.number))
}

/// Deletes up to `limit` of the oldest entries before `time`. Returns how many.
pub fn delete(connection: &mut AnyConnection, time: UnixMicros, limit: i64) -> DbResult<usize> {
    match connection {
        AnyConnection::Postgres(postgres) => {
            let delete = sql_query("SELECT audit_log_delete($1, $2) AS number")
                .bind::<BigInt, _>(time.as_i64())
                .bind::<BigInt, _>(limit);
            Ok(count(delete.get_result(postgres)?))
        }
        AnyConnection::Sqlite(sqlite) => delete_on_sqlite(sqlite, time, limit),
    }
}

/// Removes address and user agent from up to `limit` entries that are not before `since` but before `time`. Returns how
/// many.
pub fn clear(
    connection: &mut AnyConnection,
    since: UnixMicros,
    time: UnixMicros,
    limit: i64,
) -> DbResult<usize> {
    match connection {
        AnyConnection::Postgres(postgres) => {
            let clear = sql_query("SELECT audit_log_clear($1, $2, $3) AS number")
                .bind::<BigInt, _>(since.as_i64())
                .bind::<BigInt, _>(time.as_i64())
                .bind::<BigInt, _>(limit);
            Ok(count(clear.get_result(postgres)?))
        }
        AnyConnection::Sqlite(sqlite) => clear_on_sqlite(sqlite, since, time, limit),
    }
}

fn count(Number { number }: Number) -> usize {
    usize::try_from(number).unwrap_or_default()
}

fn delete_on_sqlite(
    connection: &mut SqliteConnection,
    time: UnixMicros,
    limit: i64,
) -> DbResult<usize> {
    let delete = format!(
        "DELETE FROM audit_log WHERE (at, id) IN \
         (SELECT at, id FROM audit_log WHERE at < min(?, {LIMIT}) ORDER BY at, id LIMIT ?)"
    );
    let delete = sql_query(delete).bind::<BigInt, _>(time.as_i64()).bind::<BigInt, _>(limit);
    Ok(delete.execute(connection)?)
}

fn clear_on_sqlite(
    connection: &mut SqliteConnection,
    since: UnixMicros,
    time: UnixMicros,
    limit: i64,
) -> DbResult<usize> {
    let clear = format!(
        "UPDATE audit_log SET ip = NULL, user_agent = NULL WHERE (at, id) IN \
         (SELECT at, id FROM audit_log WHERE at >= ? AND at < min(?, {LIMIT}) \
          AND (ip IS NOT NULL OR user_agent IS NOT NULL) ORDER BY at, id LIMIT ?)"
    );
    let clear = sql_query(clear)
        .bind::<BigInt, _>(since.as_i64())
        .bind::<BigInt, _>(time.as_i64())
        .bind::<BigInt, _>(limit);
    Ok(clear.execute(connection)?)
}
