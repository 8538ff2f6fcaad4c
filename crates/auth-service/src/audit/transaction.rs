//! Runs changes together with their audit entries.

use database::{Database, DatabaseError};

use super::{Entry, EntryBody};
use crate::store::{self, DbResult, Transaction, Written, audit::AuditRow};

/// Runs a change and its audit entries as one transaction, by [`Database::write`]: `work` may be run again after a
/// conflict. Once it is committed, the entries are written to the log as well, if this process writes one.
///
/// # Errors
/// See [`DatabaseError`]. Then neither the change nor an entry exists.
pub async fn transaction<T, F>(database: &Database, work: F) -> DbResult<T>
where
    T: Send + 'static,
    F: Fn(&mut Transaction<'_>) -> Result<T, DatabaseError> + Send + 'static,
{
    let Written { value, entries } = store::run_transaction(database, work).await?;
    log(&entries);
    Ok(value)
}

/// Writes entries to the log.
pub(super) fn log(entries: &[AuditRow]) {
    for entry in entries {
        let body = EntryBody::from(entry);
        service_kit::logging::audit(body.at(), &body);
    }
}

impl Transaction<'_> {
    /// Adds an entry: it is kept or undone together with the change that it is about.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub fn audit(&mut self, entry: Entry) -> DbResult<()> {
        self.record(entry.into_row())
    }

    /// Adds several entries.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub fn audit_all(&mut self, entries: impl IntoIterator<Item = Entry>) -> DbResult<()> {
        self.record_all(entries.into_iter().map(Entry::into_row).collect())
    }
}
