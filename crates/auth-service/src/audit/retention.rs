//! Removes address and user agent from entries after 90 days, and deletes entries that are older than
//! `AUTH_AUDIT_RETENTION`. It works in small batches, so that no request waits for long.

use std::time::Duration;

use database::{Database, DatabaseError};

use service_kit::unix_time::UnixMicros;

use crate::store::{self, DbResult, shared_values};

/// How long an entry keeps its address and user agent.
pub const CLIENT_RETENTION: Duration = Duration::from_secs(90 * 86_400);

/// Most entries that one transaction changes.
const BATCH: i64 = 500;

/// Most transactions of one run.
const BATCHES: usize = 100;

/// The name of the shared value with the time before which all entries are cleared.
const CLEARED_UNTIL: &str = "audit_cleared_until";

/// How long entries are kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention(pub Duration);

impl Retention {
    /// Deletes and clears the entries that are due at `now`. Returns their number.
    ///
    /// # Errors
    /// When the database is unavailable; the next run does the rest.
    pub async fn run(self, database: &Database, now: UnixMicros) -> DbResult<usize> {
        let Self(retention) = self;
        let deleted = delete(database, now - retention).await?;
        Ok(deleted + clear(database, now - CLIENT_RETENTION).await?)
    }
}

async fn delete(database: &Database, time: UnixMicros) -> DbResult<usize> {
    let mut total = 0;
    for _ in 0..BATCHES {
        let delete =
            move |connection: &mut _| store::audit::retention::delete(connection, time, BATCH);
        let deleted = database.write(delete).await?;
        total += deleted;
        if !is_full(deleted) {
            break;
        }
    }
    Ok(total)
}

async fn clear(database: &Database, time: UnixMicros) -> DbResult<usize> {
    // Entries that the database does not let us change yet must not be recorded as cleared.
    let time = time.min(database.read(store::audit::retention::limit).await?);
    let stored = database.read(|connection| shared_values::get(connection, CLEARED_UNTIL)).await?;
    let since = stored.as_deref().and_then(|text| text.parse().ok());
    let since = since.map_or(UnixMicros::MIN, UnixMicros::new);
    let mut total = 0;
    for _ in 0..BATCHES {
        let clear = move |connection: &mut _| {
            store::audit::retention::clear(connection, since, time, BATCH)
        };
        let cleared = database.write(clear).await?;
        total += cleared;
        if !is_full(cleared) {
            store_cleared_until(database, stored, time).await?;
            break;
        }
    }
    Ok(total)
}

/// Stores how far entries are cleared, so that the next run does not read them again.
async fn store_cleared_until(
    database: &Database,
    stored: Option<String>,
    time: UnixMicros,
) -> DbResult<()> {
    let new = time.as_i64().to_string();
    let written = database.write(move |connection| {
        shared_values::replace(connection, CLEARED_UNTIL, stored.as_deref(), &new)
    });
    match written.await {
        // Another process was first.
        Err(DatabaseError::Conflict(_)) => Ok(()),
        written => written.map(drop),
    }
}

fn is_full(rows: usize) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows >= BATCH)
}
