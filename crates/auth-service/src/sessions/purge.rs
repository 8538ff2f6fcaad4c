//! Deletes expired sessions, feed entries and counts of failures, in small batches, so that no request waits for long.

use database::{Database, DatabaseError};
use service_kit::{ids::SessionId, unix_time::UnixSeconds};

use super::{CLOCK_SKEW, RETENTION};
use crate::store;

/// Most rows that one statement reads or deletes.
const BATCH: i64 = 200;

/// Most batches of sessions that one run reads: 50,000 rows.
const BATCHES: usize = 250;

/// Walks through the sessions by id, a part at each run, and starts over at the end. An index of expiry times would
/// save the walk, but then every refresh would have to update the index.
#[derive(Debug, Default)]
pub struct Purge {
    /// The last id that was read; `None` before the first one.
    after: Option<SessionId>,
}

impl Purge {
    /// Deletes sessions whose tokens have all expired, obsolete feed entries, and counts of failures that no longer
    /// matter. Returns how many rows were deleted.
    ///
    /// # Errors
    /// When the database is unavailable; the next run continues at the same row.
    pub async fn run(
        &mut self,
        database: &Database,
        now: UnixSeconds,
    ) -> Result<usize, DatabaseError> {
        let time = now - CLOCK_SKEW - RETENTION;
        let sessions = self.purge_sessions(database, time).await?;
        let orphans = database.write(store::wrong_passwords::purge).await?;
        let failures = purge_failures(database, now).await?;
        Ok(sessions + orphans + failures + purge_revocations(database, time).await?)
    }

    async fn purge_sessions(
        &mut self,
        database: &Database,
        time: UnixSeconds,
    ) -> Result<usize, DatabaseError> {
        let mut deleted = 0;
        for _ in 0..BATCHES {
            let after = self.after.clone();
            let read = move |connection: &mut _| {
                store::sessions::list_expiries_after(connection, after.as_ref(), BATCH)
            };
            let batch = database.read(read).await?;
            let last = batch.last().map(|session| session.id.clone());
            let expired = batch.into_iter().filter(|session| session.expires_at < time);
            let expired: Vec<_> = expired.map(|session| session.id).collect();
            if !expired.is_empty() {
                let delete =
                    move |connection: &mut _| store::sessions::purge(connection, &expired, time);
                deleted += database.write(delete).await?;
            }
            self.after = last;
            if self.after.is_none() {
                break;
            }
        }
        Ok(deleted)
    }
}

/// Deletes failures that no longer count.
async fn purge_failures(database: &Database, now: UnixSeconds) -> Result<usize, DatabaseError> {
    let mut total = 0;
    loop {
        let purge = move |connection: &mut _| store::login_failures::purge(connection, now, BATCH);
        let deleted = database.write(purge).await?;
        total += deleted;
        if deleted == 0 {
            return Ok(total);
        }
    }
}

async fn purge_revocations(database: &Database, time: UnixSeconds) -> Result<usize, DatabaseError> {
    let mut total = 0;
    loop {
        let delete = move |connection: &mut _| store::revocations::purge(connection, time, BATCH);
        let deleted = database.write(delete).await?;
        total += deleted;
        if deleted == 0 {
            return Ok(total);
        }
    }
}

#[cfg(test)]
mod tests;
