//! Filtered pages of the log.

use database::AnyConnection;

use super::Filter;
use crate::store::{
    DbResult,
    audit::{
        AuditRow,
        page::{self, LogPosition},
    },
};

/// A part of the log.
#[derive(Clone, Debug)]
pub struct Page {
    /// The entries.
    pub entries: Vec<AuditRow>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<LogPosition>,
}

impl Page {
    fn new(mut entries: Vec<AuditRow>, size: usize) -> Self {
        let has_more = entries.len() > size;
        entries.truncate(size);
        let next = entries.last().filter(|_| has_more).map(AuditRow::position);
        Self { entries, next }
    }
}

/// The entries before a position, newest first; without a position the newest ones.
///
/// # Errors
/// When the database is unavailable.
pub fn entries_before(
    connection: &mut AnyConnection,
    filter: &Filter,
    position: Option<&LogPosition>,
    size: usize,
) -> DbResult<Page> {
    let mut found = Vec::new();
    for entry_filter in filter.entry_filters() {
        found.extend(page::before(connection, &entry_filter, position, one_more(size))?);
    }
    found.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.position()));
    Ok(Page::new(found, size))
}

/// The entries after a position, oldest first; without a position the oldest ones.
///
/// # Errors
/// When the database is unavailable.
pub fn entries_after(
    connection: &mut AnyConnection,
    filter: &Filter,
    position: Option<&LogPosition>,
    size: usize,
) -> DbResult<Page> {
    let mut found = Vec::new();
    for entry_filter in filter.entry_filters() {
        found.extend(page::after(connection, &entry_filter, position, one_more(size))?);
    }
    found.sort_unstable_by_key(AuditRow::position);
    Ok(Page::new(found, size))
}

/// One more than `size`: the additional entry shows that there is a further page.
fn one_more(size: usize) -> i64 {
    i64::try_from(size.saturating_add(1)).unwrap_or(i64::MAX)
}
