//! Writes files so that they survive a power failure.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use service_kit::private_files::make_file;

/// Writes a new file to the disk. It has mode 0600 from the beginning.
pub(super) fn create_file(path: &Path, content: &[u8]) -> io::Result<()> {
    // An earlier process with the same id may have crashed and left it.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = make_file(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Writes the folder itself to the disk: without this a rename may be lost in a power failure.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
