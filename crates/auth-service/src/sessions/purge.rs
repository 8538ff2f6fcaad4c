//! Forgetting what is over, in small batches, so that nobody waits for it.

use service_kit::database::{Database, DatabaseError};

use super::{KEPT, MARGIN};
use crate::store;

/// Rows that one transaction deletes at most.
const BATCH: i64 = 200;

/// Deletes sessions whose every token has expired, and feed entries that matter no more. Returns how many.
///
/// # Errors
/// When the database is away.
pub async fn purge(database: &Database, now: i64) -> Result<usize, DatabaseError> {
    let time = now - MARGIN - KEPT;
    let mut total = 0;
    loop {
        let deleted = database
            .write(move |connection| {
                Ok(store::sessions::purge(connection, time, BATCH)?
                    + store::revocations::purge(connection, time, BATCH)?)
            })
            .await?;
        total += deleted;
        if deleted == 0 {
            return Ok(total);
        }
    }
}
