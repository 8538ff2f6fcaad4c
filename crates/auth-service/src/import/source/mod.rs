//! Reads the records of a file, one at a time. Memory is bounded whatever the file holds: a record that is longer than
//! [`MAX_RECORD_LEN`] is skipped up to its end and reported.
//!
//! - `bytes`: the bytes of a file, with their lines
//! - `json`: elements of a JSON array, and JSON Lines
//! - `csv`: records of a CSV file; `quotes` follows its quotes
//! - `fields`: the named values of a record of either; `times` reads those that are times

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

/// Most bytes of one record.
pub(super) const MAX_RECORD_LEN: usize = 1024 * 1024;

/// Where a record or a value stands in the file. Both numbers begin with 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The column: in JSON the byte in the line, in CSV the number of the value in its record.
    pub column: u64,
}

impl Place {
    /// How many lines there are from here to the place before which a record ended.
    fn lines_to(self, end: Self) -> u64 {
        end.line.saturating_sub(self.line) + u64::from(end.column > 1)
    }
}

/// A reason with the number of lines that the record took, if there are several: rows among them were not imported.
fn over_lines(reason: &str, lines: u64) -> String {
    if lines > 1 { format!("{reason}; it takes {lines} lines") } else { reason.to_owned() }
}

/// Why a row is not imported. The message names the place and the field, and never repeats a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}{}: {reason}", place.line, place.column, named(field.as_deref()))]
pub struct RowError {
    /// Where.
    pub place: Place,
    /// The name of the value.
    pub field: Option<String>,
    /// Why.
    pub reason: String,
}

impl RowError {
    /// An error about a whole row.
    pub(super) fn of_row(place: Place, reason: impl Into<String>) -> Self {
        Self { place, field: None, reason: reason.into() }
    }
}

fn named(field: Option<&str>) -> String {
    field.map_or_else(String::new, |field| format!(" ({field})"))
}
