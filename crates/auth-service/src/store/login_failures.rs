//! The table `login_failures`: failed log-ins in a row, by account or trusted device. Most have no row.

use database::{AnyConnection, CachedStatement};
use diesel::{
    ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper,
    delete, dsl::case_when, insert_into, sql_types::BigInt,
};

use service_kit::unix_time::UnixSeconds;

use super::{DbResult, schema::login_failures};

/// Failures under one key.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = login_failures)]
pub struct FailureRow {
    /// The key of an account or of a device, as text.
    pub key: String,
    /// Number of failures in a row.
    pub failures: i64,
    /// When the last one was.
    pub last_failed_at: UnixSeconds,
    /// When they expire.
    pub kept_until: UnixSeconds,
}

/// The rows of the keys of one log-in: one for the name that was sent or for the device, and two for each of at most two
/// users.
pub fn of_keys(connection: &mut AnyConnection, keys: &[String]) -> DbResult<Vec<FailureRow>> {
    let rows = login_failures::table.filter(login_failures::key.eq_any(keys));
    // Its text on SQLite has as many parameters as there are keys, so there are at most five texts to keep.
    Ok(CachedStatement(rows.select(FailureRow::as_select())).load(connection)?)
}

/// Adds a failure at `now`. If the stored failures have expired, it is the first one.
pub fn add(
    connection: &mut AnyConnection,
    key: &str,
    now: UnixSeconds,
    kept_until: UnixSeconds,
) -> DbResult<()> {
    macro_rules! upsert {
        ($connection:expr) => {{
            let first =
                FailureRow { key: key.to_owned(), failures: 1, last_failed_at: now, kept_until };
            let more = case_when::<_, _, BigInt>(login_failures::kept_until.le(now), 1_i64)
                .otherwise(login_failures::failures + 1);
            insert_into(login_failures::table)
                .values(first)
                .on_conflict(login_failures::key)
                .do_update()
                .set((
                    login_failures::failures.eq(more),
                    login_failures::last_failed_at.eq(now),
                    login_failures::kept_until.eq(kept_until),
                ))
                .execute($connection)?
        }};
    }
    // One statement, so that failures at the same moment in two processes are both counted. (One for each database,
    // because the common connection type of diesel has no such insert.)
    match connection {
        AnyConnection::Postgres(postgres) => upsert!(postgres),
        AnyConnection::Sqlite(sqlite) => upsert!(sqlite),
    };
    Ok(())
}

/// Deletes the failures of these keys. Returns how many rows.
pub fn clear(connection: &mut AnyConnection, keys: &[String]) -> DbResult<usize> {
    if keys.is_empty() {
        return Ok(0);
    }
    let rows = login_failures::table.filter(login_failures::key.eq_any(keys));
    Ok(delete(rows).execute(connection)?)
}

/// Deletes up to `limit` rows that expired before `time`. Returns how many.
pub fn purge(connection: &mut AnyConnection, time: UnixSeconds, limit: i64) -> DbResult<usize> {
    let expired = login_failures::kept_until.lt(time);
    let keys: Vec<String> = login_failures::table
        .filter(expired)
        .order(login_failures::kept_until)
        .limit(limit)
        .select(login_failures::key)
        .load(connection)?;
    // A row with a new failure has not expired any more, so it stays.
    let rows = login_failures::table.filter(login_failures::key.eq_any(keys));
    Ok(delete(rows.filter(expired)).execute(connection)?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::test_database::{NOW, TestDatabase};

    /// The time this many seconds after the beginning of the test.
    fn later(seconds: u64) -> UnixSeconds {
        NOW + Duration::from_secs(seconds)
    }

    async fn add_at(test: &TestDatabase, key: &'static str, seconds: u64) {
        let (now, kept_until) = (later(seconds), later(seconds + 100));
        test.write(move |connection| add(connection, key, now, kept_until)).await;
    }

    async fn counts(test: &TestDatabase) -> Vec<(String, i64)> {
        let keys = ["a", "b", "c"].map(str::to_owned);
        let mut rows = test.write(move |connection| of_keys(connection, &keys)).await;
        rows.sort_by(|one, other| one.key.cmp(&other.key));
        rows.into_iter().map(|row| (row.key, row.failures)).collect()
    }

    #[tokio::test]
    async fn failures_add_up_until_they_no_longer_count() {
        let test = TestDatabase::open();
        for at in [0, 1, 99] {
            add_at(&test, "a", at).await;
        }
        add_at(&test, "b", 0).await;
        assert_eq!(counts(&test).await, [("a".into(), 3), ("b".into(), 1)]);
        add_at(&test, "a", 199).await;
        assert_eq!(counts(&test).await[0], ("a".into(), 1));
    }

    #[tokio::test]
    async fn rows_are_cleared_by_key_and_purged_when_they_have_expired() {
        let test = TestDatabase::open();
        for (key, at) in [("a", 0), ("b", 1), ("c", 50)] {
            add_at(&test, key, at).await;
        }
        let clear_a =
            |connection: &mut AnyConnection| clear(connection, &["a".to_owned(), "x".to_owned()]);
        assert_eq!(test.write(clear_a).await, 1);
        let purge_up_to =
            |limit| move |connection: &mut AnyConnection| purge(connection, later(140), limit);
        assert_eq!(test.write(purge_up_to(10)).await, 1);
        assert_eq!(test.write(purge_up_to(10)).await, 0);
        assert_eq!(counts(&test).await, [("c".into(), 1)]);
    }
}
