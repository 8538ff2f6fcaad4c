//! Temporary folders of the tests.

use std::{path::Path, process::Command, sync::OnceLock};

use tempfile::TempDir;

/// The file system in memory that Linux machines have.
const MEMORY: &str = "/dev/shm";

/// How much has to be free there, in KiB.
const NEEDED_KIB: u64 = 2 << 20;

/// A folder for a test's databases, keys and logs. It is in memory where there is room: a service on SQLite waits for
/// the disk at each commit, and tests make thousands.
///
/// # Panics
/// When it cannot be made.
pub fn temporary_folder() -> TempDir {
    static IN_MEMORY: OnceLock<bool> = OnceLock::new();
    let in_memory =
        *IN_MEMORY.get_or_init(|| free_in_memory().is_some_and(|free| free > NEEDED_KIB));
    let made = if in_memory { tempfile::tempdir_in(MEMORY) } else { tempfile::tempdir() };
    made.expect("a temporary folder")
}

/// KiB that are free in memory.
fn free_in_memory() -> Option<u64> {
    let df = Command::new("df").args(["-k", "--output=avail", MEMORY]).output().ok()?;
    let text = String::from_utf8(df.stdout).ok().filter(|_| Path::new(MEMORY).is_dir())?;
    text.lines().nth(1)?.trim().parse().ok()
}
