//! Writing that survives a power cut.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use service_kit::private_files::make_file;

/// Writes a new file, mode 0600 from its first moment, through to the disk.
pub(super) fn create_file(path: &Path, content: &[u8]) -> io::Result<()> {
    // A process that had this id before may have crashed over it.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = make_file(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Makes the names in a folder durable: a rename alone may be lost with the power.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
