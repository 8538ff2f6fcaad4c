//! Files and folders that only their owner can use: folders have mode 0700, files 0600. The umask changes neither.
//!
//! An existing file of this user with a wider mode is restricted. One of another user is rejected, because that user
//! could have put it there, or could replace it later.

use std::{
    ffi::OsStr,
    fs::{DirBuilder, File, Metadata, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;
/// Read, write and search by the group and by others.
const GROUP_AND_OTHERS: u32 = 0o077;
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// In such a folder only a file's owner may rename or remove it, as in `/tmp`.
const STICKY: u32 = 0o1000;
const ROOT: u32 = 0;

/// Why a file or folder cannot be trusted. Every message names the path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileAccessError {
    /// It could not be read, created or changed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// It belongs to another user.
    #[error(
        "{} belongs to user {owner}, but this process runs as user {us}: run it as that user, or chown the file",
        path.display()
    )]
    ForeignOwner {
        /// The file or folder.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// The user of this process.
        us: u32,
    },
    /// Others may read or change it, and that cannot be repaired.
    #[error("{} has mode {mode:04o}: others can read or change it: run chmod {} on it", path.display(), wanted_mode(*is_folder))]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Whether it is a folder.
        is_folder: bool,
    },
}

fn wanted_mode(is_folder: bool) -> &'static str {
    if is_folder { "700" } else { "600" }
}

/// Makes a folder, mode 0700, and those above it. One that exists is left as it is.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER).create(path)
}

/// Makes a new file, mode 0600 from its first moment. It belongs to the owner of its folder, so that a command run by
/// root leaves nothing that the service cannot read.
///
/// # Errors
/// When it exists already, or cannot be made.
pub fn make_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).mode(FILE).open(path)?;
    if process_user() == ROOT {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = std::fs::metadata(folder.unwrap_or(Path::new(".")))?;
        if folder.uid() != ROOT {
            std::os::unix::fs::fchown(&file, Some(folder.uid()), Some(folder.gid()))?;
        }
    }
    Ok(file)
}

/// Makes sure that only the owner can read or change an existing file; a wider mode is repaired.
///
/// # Errors
/// When it belongs to another user (root does not take over files of others, but may restrict their mode), or cannot
/// be repaired.
pub fn restrict_file(path: &Path) -> Result<(), FileAccessError> {
    let metadata = metadata_of(path)?;
    check_owner_unless_root(path, &metadata)?;
    if metadata.is_file() && mode(&metadata) & GROUP_AND_OTHERS != 0 {
        repair(path, FILE)
    } else {
        Ok(())
    }
}

/// The same for a folder. A folder with entries that are not ours (by `is_ours`) is shared on purpose (`/tmp`, a
/// home, a project): its mode is not changed, and it is rejected if others may write to it.
///
/// # Errors
/// As [`restrict_file`]; and when others may replace files in it.
pub fn restrict_folder(
    path: &Path,
    is_ours: impl Fn(&OsStr) -> bool,
) -> Result<(), FileAccessError> {
    let metadata = metadata_of(path)?;
    let mode = mode(&metadata);
    if mode & GROUP_AND_OTHERS == 0 && metadata.uid() == process_user() {
        return Ok(());
    }
    // A mounted volume often belongs to root and the service's group: a command run as root must not remove the group's
    // access.
    let is_roots = metadata.uid() == ROOT;
    let is_volume = is_roots && (process_user() != ROOT || metadata.gid() != ROOT);
    if !is_roots {
        check_owner_unless_root(path, &metadata)?;
    }
    if metadata.uid() == process_user()
        && !is_volume
        && mode & STICKY == 0
        && holds_only(path, is_ours)?
    {
        return repair(path, FOLDER);
    }
    let writable = if is_volume { mode & 0o002 } else { mode & WRITABLE_BY_OTHERS };
    if writable != 0 && mode & STICKY == 0 {
        return Err(FileAccessError::Exposed { path: path.to_owned(), mode, is_folder: true });
    }
    Ok(())
}

/// Checks that the file or folder belongs to the user of this process. This holds for root, too: a service must not
/// trust files of other users.
///
/// # Errors
/// When it belongs to another user, or its owner cannot be read.
pub fn check_owner(path: &Path) -> Result<(), FileAccessError> {
    let owner = metadata_of(path)?.uid();
    let us = process_user();
    if owner == us {
        Ok(())
    } else {
        Err(FileAccessError::ForeignOwner { path: path.to_owned(), owner, us })
    }
}

/// The same for a folder, which may also belong to root: a mounted volume often does, and root can change everything
/// anyway.
///
/// # Errors
/// As [`check_owner`].
pub fn check_folder_owner(path: &Path) -> Result<(), FileAccessError> {
    if metadata_of(path)?.uid() == ROOT { Ok(()) } else { check_owner(path) }
}

/// Makes root the owner of a folder of another user (as after a checkout by that user), if this process is root and
/// `is_ours` is true of every entry in the folder.
///
/// # Errors
/// When the folder belongs to another user and these conditions do not hold, or its owner cannot be changed.
pub fn take_over_folder(
    path: &Path,
    is_ours: impl Fn(&OsStr) -> bool,
) -> Result<(), FileAccessError> {
    let Err(error) = check_folder_owner(path) else { return Ok(()) };
    if process_user() != ROOT || !holds_only(path, is_ours)? {
        return Err(error);
    }
    std::os::unix::fs::chown(path, Some(ROOT), None).map_err(io_error(path))?;
    tracing::warn!(path = %path.display(), "changed the owner of this folder to root");
    Ok(())
}

/// The permission bits, if they let anybody but the owner read, change or run the file.
pub fn exposed_mode(found: &Metadata) -> Option<u32> {
    let mode = mode(found);
    (mode & GROUP_AND_OTHERS != 0).then_some(mode)
}

fn process_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn mode(metadata: &Metadata) -> u32 {
    metadata.permissions().mode() & 0o7777
}

fn metadata_of(path: &Path) -> Result<Metadata, FileAccessError> {
    std::fs::metadata(path).map_err(io_error(path))
}

fn check_owner_unless_root(path: &Path, metadata: &Metadata) -> Result<(), FileAccessError> {
    let (owner, us) = (metadata.uid(), process_user());
    if owner == us || us == ROOT {
        return Ok(());
    }
    Err(FileAccessError::ForeignOwner { path: path.to_owned(), owner, us })
}

fn holds_only(path: &Path, is_ours: impl Fn(&OsStr) -> bool) -> Result<bool, FileAccessError> {
    for entry in std::fs::read_dir(path).map_err(io_error(path))? {
        if !is_ours(&entry.map_err(io_error(path))?.file_name()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Sets the mode by the path, without opening the file: a process that closes any handle of an SQLite file loses its
/// locks on that file (SQLite, "How To Corrupt An SQLite Database File", 2.2).
fn repair(path: &Path, wanted: u32) -> Result<(), FileAccessError> {
    let before = mode(&metadata_of(path)?);
    std::fs::set_permissions(path, Permissions::from_mode(wanted)).map_err(io_error(path))?;
    // Some file systems ignore the mode without an error.
    let after = mode(&metadata_of(path)?);
    if after & GROUP_AND_OTHERS != 0 {
        return Err(FileAccessError::Exposed {
            path: path.to_owned(),
            mode: after,
            is_folder: wanted == FOLDER,
        });
    }
    let (path, before, after) = (path.display(), format!("{before:04o}"), format!("{after:04o}"));
    tracing::warn!(%path, before, after, "restricted the mode: others could read or change this");
    Ok(())
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> FileAccessError + '_ {
    |source| FileAccessError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
