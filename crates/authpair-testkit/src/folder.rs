//! Temporary folders of the tests.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use tempfile::TempDir;

/// The file system in memory that Linux machines have.
const MEMORY: &str = "/dev/shm";

/// How much must be free there, in KiB.
const NEEDED_KIB: u64 = 2 << 20;

/// A folder for a test's databases, keys and logs. It is in memory where there is room: a service on SQLite waits for
/// the disk at each commit, and tests make thousands.
///
/// # Panics
/// When it cannot be made.
pub fn temporary_folder() -> TempDir {
    tempfile::tempdir_in(base_folder(NEEDED_KIB)).expect("a temporary folder")
}

/// Where temporary folders are made: in memory if more than `needed_kib` KiB are free there.
pub(super) fn base_folder(needed_kib: u64) -> PathBuf {
    static FREE: OnceLock<Option<u64>> = OnceLock::new();
    let free = *FREE.get_or_init(free_in_memory);
    if free.is_some_and(|free| free > needed_kib) { MEMORY.into() } else { std::env::temp_dir() }
}

/// KiB that are free in memory.
fn free_in_memory() -> Option<u64> {
    let df = Command::new("df").args(["-k", "--output=avail", MEMORY]).output().ok()?;
    let text = String::from_utf8(df.stdout).ok().filter(|_| Path::new(MEMORY).is_dir())?;
    text.lines().nth(1)?.trim().parse().ok()
}
