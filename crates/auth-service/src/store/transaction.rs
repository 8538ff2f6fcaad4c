//! A transaction whose changes are audited.

use std::ops::{Deref, DerefMut};

use database::{AnyConnection, Database, DatabaseError};

use super::{
    DbResult,
    audit::{self, AuditRow},
};

/// A connection inside a transaction that the caller opened, with the audit entries that were added in it.
///
/// A function that takes one never commits. So its caller can add further writes, which are kept or undone together
/// with it. Only `audit::transaction` makes one, so the entries are always written to the log as well.
pub struct Transaction<'a> {
    connection: &'a mut AnyConnection,
    entries: Vec<AuditRow>,
}

impl<'a> Transaction<'a> {
    fn new(connection: &'a mut AnyConnection) -> Self {
        Self { connection, entries: Vec::new() }
    }

    /// Adds an entry to the audit log. It is kept or undone together with the change that it is about.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub fn record(&mut self, entry: AuditRow) -> DbResult<()> {
        audit::insert(self.connection, &entry)?;
        self.entries.push(entry);
        Ok(())
    }

    /// Adds several entries to the audit log.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub fn record_all(&mut self, entries: Vec<AuditRow>) -> DbResult<()> {
        audit::insert_all(self.connection, &entries)?;
        self.entries.extend(entries);
        Ok(())
    }

    /// Adds an entry that a statement of the store has inserted itself.
    pub(super) fn add_inserted(&mut self, entry: AuditRow) {
        self.entries.push(entry);
    }
}

impl Deref for Transaction<'_> {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        self.connection
    }
}

impl DerefMut for Transaction<'_> {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        self.connection
    }
}

/// What a committed transaction returned, and the entries that it added to the audit log.
#[derive(Debug)]
pub struct Written<T> {
    /// The result.
    pub value: T,
    /// The entries.
    pub entries: Vec<AuditRow>,
}

/// Runs statements as one transaction, as [`Database::write`] does.
///
/// # Errors
/// See [`DatabaseError`].
pub(crate) async fn run_transaction<T, F>(database: &Database, work: F) -> DbResult<Written<T>>
where
    T: Send + 'static,
    F: Fn(&mut Transaction<'_>) -> Result<T, DatabaseError> + Send + 'static,
{
    let run = move |connection: &mut AnyConnection| {
        let mut transaction = Transaction::new(connection);
        let value = work(&mut transaction)?;
        Ok(Written { value, entries: transaction.entries })
    };
    database.write(run).await
}
