//! Detects the format of a file from its beginning.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::{
    super::source::{CsvReader, Fields, JsonReader, Layout},
    Format, flask, is_own,
};

/// Number of bytes that are read to detect the layout.
const BEGINNING: u64 = 4096;

/// Maximum number of broken records that are skipped at the beginning of a file.
const MAX_BROKEN: usize = 16;

/// The layout and the format of a file.
pub(super) struct Detected {
    /// `None` for CSV.
    pub(super) layout: Option<Layout>,
    /// `None` if it cannot be detected.
    pub(super) format: Option<Format>,
}

/// Reads the beginning of a file.
pub(super) fn detect(path: &Path) -> io::Result<Detected> {
    let mut beginning = Vec::new();
    File::open(path)?.take(BEGINNING).read_to_end(&mut beginning)?;
    let layout = Layout::detect(&beginning);
    let format = match layout {
        Some(Layout::UsersMember) => Some(Format::Firebase),
        Some(layout) => of_records(&mut JsonReader::new(File::open(path)?, layout)?)?,
        None if is_firebase_csv(&beginning) => Some(Format::Firebase),
        None => {
            let first = CsvReader::new(File::open(path)?, None)?.next()?;
            // If the first record is broken, the header decides.
            match first {
                Some(Ok(record)) => of_names(&record, Format::Csv),
                _ => of_header(&beginning),
            }
        }
    };
    Ok(Detected { layout, format })
}

/// Detects the format by the first record that can be read.
fn of_records(reader: &mut JsonReader) -> io::Result<Option<Format>> {
    for _ in 0..MAX_BROKEN {
        match reader.next()? {
            Some((_, Ok(record))) => return Ok(of_json(&record)),
            Some((_, Err(_))) => {}
            None => break,
        }
    }
    Ok(None)
}

fn of_json(record: &Fields) -> Option<Format> {
    let has = |name| record.has(name);
    if has("model") && has("fields") {
        Some(Format::Django)
    } else if has("localId") {
        Some(Format::Firebase)
    } else if has("_id") || has("user_id") || has("passwordHash") || has("custom_password_hash") {
        Some(Format::Auth0)
    } else {
        of_names(record, Format::Jsonl)
    }
}

fn of_names(record: &Fields, own: Format) -> Option<Format> {
    let names = record.names();
    if record.has("encrypted_password") {
        Some(Format::Supabase)
    } else if names.iter().all(|name| is_own(name)) {
        Some(own)
    } else if flask::HASH_NAMES.iter().any(|name| record.has(name)) {
        Some(Format::Flask)
    } else {
        None
    }
}

/// Detects the format by the header of a file whose first record cannot be read.
fn of_header(beginning: &[u8]) -> Option<Format> {
    let text = String::from_utf8_lossy(beginning);
    let line = text.trim_start_matches('\u{feff}').lines().next()?;
    let names: Vec<&str> = line.split(',').map(|name| name.trim().trim_matches('"')).collect();
    if names.contains(&"encrypted_password") {
        Some(Format::Supabase)
    } else if names.iter().all(|name| is_own(name)) {
        Some(Format::Csv)
    } else {
        names.iter().any(|name| flask::HASH_NAMES.contains(name)).then_some(Format::Flask)
    }
}

/// Firebase's CSV has no header: its third value is a flag, and it has at least 26 values.
fn is_firebase_csv(beginning: &[u8]) -> bool {
    let text = String::from_utf8_lossy(beginning);
    let Some(line) = text.trim_start_matches('\u{feff}').lines().next() else { return false };
    let values: Vec<&str> = line.split(',').collect();
    values.len() >= 26 && matches!(values.get(2), Some(&("true" | "false")))
}
