//! The formats of files. Each turns a record into a [`Row`]; `detect` finds the format of a file.
//!
//! - `own`: JSON Lines and CSV, as `users export` writes them
//! - `flask`: a table of Flask-SQLAlchemy as CSV or JSON, also with Flask-Security
//! - `django`: `dumpdata`, with the addresses of allauth
//! - `auth0`, `firebase`, `supabase`: the exports of these services

mod auth0;
mod detect;
mod django;
mod firebase;
mod flask;
mod own;
mod supabase;

use std::{fs::File, io, path::Path};

use super::{
    row::Row,
    source::{CsvReader, Fields, JsonReader, Layout, RowError},
};
use crate::accounts::hashing::FirebaseParameters;
pub(super) use own::{OWN_COLUMNS, is_own};

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Our own format, one object on each line.
    Jsonl,
    /// Our own format as CSV, with a header.
    Csv,
    /// A table of Flask-SQLAlchemy or Flask-Security.
    Flask,
    /// Django's `dumpdata`.
    Django,
    /// Auth0's export, or its import file.
    Auth0,
    /// The file of `firebase auth:export`, JSON or CSV.
    Firebase,
    /// The table `auth.users` of Supabase, CSV or JSON.
    Supabase,
}

impl Format {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Flask => "flask",
            Self::Django => "django",
            Self::Auth0 => "auth0",
            Self::Firebase => "firebase",
            Self::Supabase => "supabase",
        }
    }
}

/// Reads the rows of a file.
pub(super) struct RowReader {
    format: Format,
    records: Records,
    firebase: Option<FirebaseParameters>,
    django: Option<django::Addresses>,
}

enum Records {
    Json(JsonReader),
    Csv(Box<CsvReader>),
}

impl RowReader {
    /// Opens a file. Without a format, the format is detected from the file's beginning.
    ///
    /// # Errors
    /// When the file cannot be read, or its format cannot be detected.
    pub(super) fn open(
        path: &Path,
        format: Option<Format>,
        firebase: Option<FirebaseParameters>,
    ) -> io::Result<Self> {
        let detected = detect::detect(path)?;
        let format = match format.or(detected.format) {
            Some(format) => format,
            None => {
                return Err(io::Error::other(
                    "the format cannot be detected: name it with --format",
                ));
            }
        };
        let records = match detected.layout {
            Some(layout) => Records::Json(JsonReader::new(File::open(path)?, layout)?),
            None => {
                let header = (format == Format::Firebase).then(firebase::header);
                Records::Csv(Box::new(CsvReader::new(File::open(path)?, header)?))
            }
        };
        if matches!((format, &records), (Format::Jsonl | Format::Django, Records::Csv(_))) {
            return Err(io::Error::other(format!("the file is not JSON, as {} is", format.name())));
        }
        let django = match (format, detected.layout) {
            (Format::Django, Some(layout)) => Some(django::Addresses::read(path, layout)?),
            _ => None,
        };
        Ok(Self { format, records, firebase, django })
    }

    /// The format of the file.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// How many bytes were read.
    pub(super) fn offset(&self) -> u64 {
        match &self.records {
            Records::Json(reader) => reader.offset(),
            Records::Csv(reader) => reader.offset(),
        }
    }

    /// The next user. `None` at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read. The inner error is about this row alone.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Row, RowError>>> {
        loop {
            let record = match &mut self.records {
                Records::Json(reader) => reader.next()?.map(|(_, record)| record),
                Records::Csv(reader) => reader.next()?,
            };
            let Some(record) = record else { return Ok(None) };
            let row = match record {
                Ok(fields) => self.row(fields)?,
                Err(error) => Some(Err(error)),
            };
            // Django's files also have records that are not users.
            if row.is_some() {
                return Ok(row);
            }
        }
    }

    fn row(&mut self, fields: Fields) -> io::Result<Option<Result<Row, RowError>>> {
        Ok(Some(match self.format {
            Format::Jsonl | Format::Csv => own::row(fields),
            Format::Flask => flask::row(fields),
            Format::Auth0 => auth0::row(fields),
            Format::Firebase => firebase::row(fields, self.firebase.as_ref()),
            Format::Supabase => supabase::row(fields),
            Format::Django => return django::row(&fields, self.django.as_mut()),
        }))
    }
}

/// Opens a JSON file once more, for a format that reads some records first.
fn json_records(path: &Path, layout: Layout) -> io::Result<JsonReader> {
    JsonReader::new(File::open(path)?, layout)
}
