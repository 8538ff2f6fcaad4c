//! The file with old and new ids: CSV with the header `old_id,new_id`.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use service_kit::{ids::UserId, private_files};

/// Writes the file. It names users, so only its owner can read it.
pub(super) struct IdMap(BufWriter<File>);

impl IdMap {
    /// Makes a new file.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut file = BufWriter::new(private_files::make_file(path)?);
        writeln!(file, "old_id,new_id")?;
        Ok(Self(file))
    }

    /// Adds a user.
    pub(super) fn add(&mut self, old: &str, new: &UserId) -> io::Result<()> {
        writeln!(self.0, "{},{new}", csv_value(old))
    }

    /// Writes the rest of the buffer to the disk.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.0.flush()?;
        self.0.get_ref().sync_all()
    }
}

/// A value of a CSV file (RFC 4180).
pub(super) fn csv_value(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
