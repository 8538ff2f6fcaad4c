//! What an import did, or would do.

use std::{collections::BTreeMap, fmt};

use super::source::RowError;

/// Is told how far an import is, and of each row that is not imported.
pub trait Progress {
    /// So many bytes of the file were read.
    fn read(&mut self, bytes: u64);
    /// A row is not imported.
    fn refused(&mut self, error: &RowError);
}

/// Numbers of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows in the file.
    pub rows: u64,
    /// New users.
    pub inserted: u64,
    /// Users that were changed.
    pub updated: u64,
    /// Users that were there already, as the rows say.
    pub unchanged: u64,
    /// Users that were there already, and differ.
    pub skipped: u64,
    /// Rows that cannot be imported.
    pub refused: u64,
    /// Rows by the kind of their hash.
    pub hashes: BTreeMap<&'static str, u64>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, inserted, updated, unchanged, skipped, refused, hashes } = self;
        writeln!(
            f,
            "{rows} rows: {inserted} new, {updated} changed, {unchanged} unchanged, {skipped} there already, {refused} refused"
        )?;
        write!(f, "hashes:")?;
        for (index, (kind, count)) in hashes.iter().enumerate() {
            let separator = if index == 0 { " " } else { "; " };
            write!(f, "{separator}{count} {kind}")?;
        }
        Ok(())
    }
}
