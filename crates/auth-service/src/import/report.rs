//! The numbers of an import that was made, or of a dry run.

use std::{collections::BTreeMap, fmt};

use service_kit::ids::UserId;

use super::{batch::Outcome, plan::RejectedRow, source::RowError};

/// Receives the progress of an import, and each row that is not imported.
pub trait Progress {
    /// This number of bytes of the file was read.
    fn read(&mut self, bytes: u64);
    /// A row is not imported.
    fn rejected(&mut self, error: &RowError);
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
    /// Users that existed already, with the values of the rows.
    pub unchanged: u64,
    /// Users that existed already and differ.
    pub skipped: u64,
    /// Rows that cannot be imported.
    pub rejected: u64,
    /// Number of the skipped and rejected rows whose id, name or address belongs to an account that was registered
    /// here.
    pub registered_here: u64,
    /// Rows by the kind of their hash.
    pub hashes: BTreeMap<&'static str, u64>,
}

impl Report {
    /// Counts the result for a row. Returns its account, or why it is not imported.
    pub(super) fn count(&mut self, outcome: Outcome) -> Result<UserId, RowError> {
        let (count, id) = match outcome {
            Outcome::Inserted(id) => (&mut self.inserted, id),
            Outcome::Updated(id) => (&mut self.updated, id),
            Outcome::Unchanged(id) => (&mut self.unchanged, id),
            Outcome::Skipped(id) => (&mut self.skipped, id),
            Outcome::SkippedRegisteredHere(id) => {
                self.registered_here += 1;
                (&mut self.skipped, id)
            }
            Outcome::Rejected(RejectedRow { error, is_registered_here }) => {
                self.rejected += 1;
                self.registered_here += u64::from(is_registered_here);
                return Err(error);
            }
        };
        *count += 1;
        Ok(id)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, inserted, updated, unchanged, skipped, rejected, registered_here, hashes } =
            self;
        writeln!(
            f,
            "{rows} rows: {inserted} new, {updated} changed, {unchanged} unchanged, {skipped} there already, {rejected} rejected"
        )?;
        if *registered_here > 0 {
            writeln!(
                f,
                "{registered_here} of these rows meet an account that was registered here, and stays as it is"
            )?;
        }
        write!(f, "hashes:")?;
        for (index, (kind, count)) in hashes.iter().enumerate() {
            let separator = if index == 0 { " " } else { "; " };
            write!(f, "{separator}{count} {kind}")?;
        }
        Ok(())
    }
}
