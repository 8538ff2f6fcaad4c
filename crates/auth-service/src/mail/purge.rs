//! Deletes expired links and old mails.

use std::time::Duration;

use database::{Database, DatabaseError};
use service_kit::unix_time::UnixSeconds;

use crate::store;

/// How long sent mails of limited kinds are kept. A limit counts at most seven days.
const SENT_KEPT: Duration = Duration::from_secs(7 * 86_400);

/// How long an operator can see a mail that could not be sent.
const DEAD_KEPT: Duration = Duration::from_secs(30 * 86_400);

/// Deletes expired links and reservations, and old mails. Returns the number of rows.
///
/// # Errors
/// When the database is unavailable.
pub async fn purge(database: &Database, now: UnixSeconds) -> Result<usize, DatabaseError> {
    let purged = database.write(move |connection| {
        let links = store::one_time_tokens::purge(connection, now)?;
        let reservations = store::address_reservations::purge(connection, now)?;
        let mails = store::outbox::purge(connection, now - SENT_KEPT, now - DEAD_KEPT)?;
        Ok(links + reservations + mails)
    });
    purged.await
}
