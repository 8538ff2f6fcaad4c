//! The folder of private keys: one file `<kid>.pem` for each key, readable only by its owner.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

mod durable_files;
mod error;

use service_kit::private_files::{
    check_owner, exposed_mode, make_folder, restrict_folder, take_over_folder,
};

use self::durable_files::{create_file, sync_folder};
pub use self::error::KeyFolderError;
use super::signing_key::{SigningKey, SigningKeyError};

/// Most bytes of a key file: a PKCS#8 PEM of 4096 bits has 3.3 KB.
const MAX_FILE_BYTES: usize = 16 * 1024;

const NOT_TEXT: &str =
    "it is not text; convert DER with `openssl pkcs8 -topk8 -nocrypt -inform DER -in OLD -out NEW`";

/// The folder of private keys.
#[derive(Debug, Clone)]
pub struct KeyFolder {
    path: PathBuf,
}

impl KeyFolder {
    /// Opens the folder, or creates it with mode 0700.
    ///
    /// # Errors
    ///
    /// The path is not a folder, or the folder cannot be created or read.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, KeyFolderError> {
        let folder = Self { path: path.into() };
        match fs::metadata(&folder.path) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(KeyFolderError::NotAFolder(folder.path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_folder(&folder.path)
                    .map_err(|source| failed("make the key folder", &folder.path, source))?;
            }
            Err(source) => return Err(failed("open the key folder", &folder.path, source)),
        }
        restrict_folder(&folder.path, is_of_key_folder)?;
        folder.key_paths()?;
        Ok(folder)
    }

    /// Checks that the folder, and each key in it that can be read, belongs to the user of this process: a service
    /// would sign with such a key. Root becomes the owner of the folder if no key in it belongs to another user.
    ///
    /// # Errors
    ///
    /// With the path and the owner.
    pub fn check_owner(&self) -> Result<(), KeyFolderError> {
        for path in self.key_paths()? {
            // A key that cannot be read is not used, and an older key signs.
            let is_unreadable = File::open(&path).is_err_and(|error| is_unreadable_for_us(&error));
            if !is_unreadable {
                check_owner(&path)?;
            }
        }
        Ok(take_over_folder(&self.path, is_of_key_folder)?)
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads every key, in the order of their ids. Files that are not `*.pem` are ignored. Files that this user may not
    /// read are skipped with a warning: a command that another user ran must not prevent the next start while an older
    /// key can sign.
    ///
    /// # Errors
    ///
    /// The first file that others may read, that has the wrong name, or that is not a valid key. One bad key prevents
    /// the start, because it may be the key that should sign.
    pub fn load_all(&self) -> Result<Vec<SigningKey>, KeyFolderError> {
        let mut keys = Vec::new();
        for path in self.key_paths()? {
            match read_key(&path) {
                Ok(key) => keys.push(key),
                Err(KeyFolderError::Io { source, .. }) if is_unreadable_for_us(&source) => {
                    tracing::warn!(path = %path.display(), error = %source, "a private key cannot be read");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(keys)
    }

    /// Reads one key; `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// As [`Self::load_all`].
    pub fn load(&self, kid: &str) -> Result<Option<SigningKey>, KeyFolderError> {
        let Some(path) = self.path_of(kid) else { return Ok(None) };
        match read_key(&path) {
            Ok(key) => Ok(Some(key)),
            Err(KeyFolderError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes a PKCS#8 PEM text as `<kid>.pem` with mode 0600, and returns the key.
    ///
    /// When this returns, the whole file is on the disk. A reader never sees a part of it.
    ///
    /// # Errors
    ///
    /// The text is not a valid key, or the file cannot be written.
    pub fn store(&self, pem: &str) -> Result<SigningKey, KeyFolderError> {
        let key = SigningKey::from_pem(pem)
            .map_err(|source| KeyFolderError::Key { path: self.path.clone(), source })?;
        let path = self.path.join(format!("{}.pem", key.kid()));
        // The name does not end in `.pem`, so a file that a crash leaves is not read as a key. It contains the process
        // id, so two processes do not write the same file.
        let draft = self.path.join(format!(".{}.{}.draft", key.kid(), std::process::id()));
        let written = create_file(&draft, pem.as_bytes())
            .and_then(|()| fs::rename(&draft, &path))
            .and_then(|()| sync_folder(&self.path));
        if let Err(source) = written {
            // The first error is reported; an error of this clean-up would add nothing.
            let _ = fs::remove_file(&draft);
            return Err(failed("write the private key", &path, source));
        }
        Ok(key)
    }

    /// Removes a key's file; `false` if there is none.
    ///
    /// # Errors
    ///
    /// The file exists but cannot be removed.
    pub fn remove(&self, kid: &str) -> Result<bool, KeyFolderError> {
        let Some(path) = self.path_of(kid) else { return Ok(false) };
        match fs::remove_file(&path).and_then(|()| sync_folder(&self.path)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(failed("remove the private key", &path, source)),
        }
    }

    /// The file of a key; `None` if the text is not a key id, so that no text names a file outside of the folder.
    fn path_of(&self, kid: &str) -> Option<PathBuf> {
        let is_thumbprint = kid.len() == 43
            && kid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        is_thumbprint.then(|| self.path.join(format!("{kid}.pem")))
    }

    fn key_paths(&self) -> Result<Vec<PathBuf>, KeyFolderError> {
        let mut paths = fs::read_dir(&self.path)
            .and_then(|entries| {
                entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()
            })
            .map_err(|source| failed("read the key folder", &self.path, source))?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "pem"));
        paths.sort();
        Ok(paths)
    }
}

/// Whether a folder of keys may contain this file: a key, or a file that keeps the empty folder in a repository.
fn is_of_key_folder(name: &OsStr) -> bool {
    let extension = Path::new(name).extension();
    let is_key = extension
        .is_some_and(|extension| extension == "pem" || extension == "draft" || extension == "key");
    is_key || [".gitignore", ".gitkeep", "README.md"].iter().any(|other| name == *other)
}

fn read_key(path: &Path) -> Result<SigningKey, KeyFolderError> {
    let io_error = |source| failed("read the private key", path, source);
    let file = File::open(path).map_err(io_error)?;
    // Read from the open file, so that the file cannot be replaced between the check and the read.
    if let Some(mode) = exposed_mode(&file.metadata().map_err(io_error)?) {
        return Err(KeyFolderError::Exposed { path: path.to_owned(), mode });
    }
    // Allocated once for the whole file: a string that grows leaves copies of the key in memory.
    let mut pem = Zeroizing::new(String::with_capacity(MAX_FILE_BYTES + 1));
    file.take(MAX_FILE_BYTES as u64 + 1).read_to_string(&mut pem).map_err(|error| {
        match error.kind() {
            io::ErrorKind::InvalidData => {
                let source = SigningKeyError::NotPkcs8Pem(NOT_TEXT);
                KeyFolderError::Key { path: path.to_owned(), source }
            }
            _ => io_error(error),
        }
    })?;
    if pem.len() > MAX_FILE_BYTES {
        return Err(io_error(io::Error::from(io::ErrorKind::FileTooLarge)));
    }
    let key = SigningKey::from_pem(&pem)
        .map_err(|source| KeyFolderError::Key { path: path.to_owned(), source })?;
    if path.file_stem().is_none_or(|stem| stem != key.kid()) {
        return Err(KeyFolderError::Misnamed { path: path.to_owned(), kid: key.kid().to_owned() });
    }
    Ok(key)
}

/// Whether the file may be a valid key that only another user can read. (Tests that run as root use a folder instead of
/// such a file.)
fn is_unreadable_for_us(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::IsADirectory)
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> KeyFolderError {
    KeyFolderError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
