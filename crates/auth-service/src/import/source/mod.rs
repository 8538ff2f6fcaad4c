//! Reads the records of a file, one at a time, in bounded memory: a record that is longer than [`MAX_RECORD_LEN`] is
//! skipped to its end and reported.
//!
//! - `bytes`: the bytes of a file, with their lines
//! - `json`: elements of a JSON array, and JSON Lines
//! - `csv`: records of a CSV file; `quotes` checks their quotes
//! - `fields`: the named values of a record of either kind; `times` parses times

mod bytes;
mod csv;
mod fields;
mod json;
mod quotes;
mod times;

pub(super) use self::{
    csv::{CsvReader, Header},
    fields::Fields,
    json::{JsonReader, Layout},
};

/// Maximum length of one record in bytes.
pub(super) const MAX_RECORD_LEN: usize = 1024 * 1024;

/// The position of a record or a value in the file. Both numbers begin with 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilePosition {
    /// The line.
    pub line: u64,
    /// The column: in JSON the byte in the line, in CSV the number of the value in its record.
    pub column: u64,
}

impl FilePosition {
    /// The number of lines of a record that begins here and ends just before `end`.
    fn lines_to(self, end: Self) -> u64 {
        end.line.saturating_sub(self.line) + u64::from(end.column > 1)
    }
}

/// Adds the number of lines to the reason, if the record took several: other rows may be among them, which were not
/// imported.
fn over_lines(reason: &str, lines: u64) -> String {
    if lines > 1 { format!("{reason}; it takes {lines} lines") } else { reason.to_owned() }
}

/// Why a row is not imported. The message names the position and the field, and never repeats a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}{}: {reason}", position.line, position.column, named(field.as_deref()))]
pub struct RowError {
    /// The position of the error.
    pub position: FilePosition,
    /// The name of the value.
    pub field: Option<String>,
    /// The reason.
    pub reason: String,
}

impl RowError {
    /// An error about a whole row.
    pub(super) fn of_row(position: FilePosition, reason: impl Into<String>) -> Self {
        Self { position, field: None, reason: reason.into() }
    }
}

fn named(field: Option<&str>) -> String {
    field.map_or_else(String::new, |field| format!(" ({field})"))
}
