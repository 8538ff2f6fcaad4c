//! The folder of private keys: one file `<kid>.pem` a key, for the owner's eyes only.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

mod error;
mod private;

use service_kit::private_files::{
    make_folder, mode_for_others, refuse_foreign, secure_folder, take_over_folder,
};

pub use self::error::KeyFolderError;
use self::private::{create_file, sync_folder};
use super::signing_key::{SigningKey, SigningKeyError};

/// Most bytes of a key file: a PKCS#8 PEM of 4096 bits has 3.3 KB.
const LARGEST_FILE: usize = 16 * 1024;

const NOT_TEXT: &str =
    "it is not text; convert DER with `openssl pkcs8 -topk8 -nocrypt -inform DER -in OLD -out NEW`";

/// The folder of private keys.
#[derive(Debug, Clone)]
pub struct KeyFolder {
    path: PathBuf,
}

impl KeyFolder {
    /// Opens the folder, or makes it (mode 0700) if it is missing.
    ///
    /// # Errors
    ///
    /// The path is no folder, cannot be made, or cannot be read.
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
        secure_folder(&folder.path, is_of_key_folder)?;
        folder.key_paths()?;
        Ok(folder)
    }

    /// Refuses a folder of another user, or a key of another user that can be read: a service would sign with it. Root
    /// takes the folder over if no key in it is another user's.
    ///
    /// # Errors
    ///
    /// With the path and the owner.
    pub fn refuse_foreign(&self) -> Result<(), KeyFolderError> {
        for path in self.key_paths()? {
            // One that cannot be read is not signed with, and the keys before it can be.
            let kept_from_us = File::open(&path).is_err_and(|error| is_kept_from_us(&error));
            if !kept_from_us {
                refuse_foreign(&path)?;
            }
        }
        Ok(take_over_folder(&self.path, is_of_key_folder)?)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads every key, in the order of their ids. Files that are not `*.pem` are left alone, and so are those that
    /// this user may not read, with a warning: a command that another user ran must not stop the next start, while
    /// an older key can sign.
    ///
    /// # Errors
    ///
    /// The first file that is exposed, misnamed or no fit key: one bad key stops the
    /// start, for it may be the one that signs.
    pub fn load_all(&self) -> Result<Vec<SigningKey>, KeyFolderError> {
        let mut keys = Vec::new();
        for path in self.key_paths()? {
            match read_key(&path) {
                Ok(key) => keys.push(key),
                Err(KeyFolderError::Io { source, .. }) if is_kept_from_us(&source) => {
                    tracing::warn!(path = %path.display(), error = %source, "a private key cannot be read");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(keys)
    }

    /// Reads one key; `None` if there is no file of that name.
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

    /// Writes a PKCS#8 PEM text as `<kid>.pem`, mode 0600, and gives the key back.
    ///
    /// When this returns the whole file is on the disk, and no reader ever sees a part of it.
    ///
    /// # Errors
    ///
    /// The text is no fit key, or the file cannot be written.
    pub fn store(&self, pem: &str) -> Result<SigningKey, KeyFolderError> {
        let key = SigningKey::from_pem(pem)
            .map_err(|source| KeyFolderError::Key { path: self.path.clone(), source })?;
        let path = self.path.join(format!("{}.pem", key.kid()));
        // Not `*.pem`, so that a file left by a crash is no key; and of this process alone.
        let draft = self.path.join(format!(".{}.{}.draft", key.kid(), std::process::id()));
        let written = create_file(&draft, pem.as_bytes())
            .and_then(|()| fs::rename(&draft, &path))
            .and_then(|()| sync_folder(&self.path));
        if let Err(source) = written {
            // Nothing to add to the error that is reported.
            let _ = fs::remove_file(&draft);
            return Err(failed("write the private key", &path, source));
        }
        Ok(key)
    }

    /// Removes a key's file; `false` if there is none.
    ///
    /// # Errors
    ///
    /// The file is there and cannot be removed.
    pub fn remove(&self, kid: &str) -> Result<bool, KeyFolderError> {
        let Some(path) = self.path_of(kid) else { return Ok(false) };
        match fs::remove_file(&path).and_then(|()| sync_folder(&self.path)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(failed("remove the private key", &path, source)),
        }
    }

    /// The file of a key id; `None` for what is no id, so that no id leads out of the folder.
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

/// What a folder of keys holds, as it is made here and kept in a repository.
fn is_of_key_folder(name: &OsStr) -> bool {
    let extension = Path::new(name).extension();
    let is_key = extension
        .is_some_and(|extension| extension == "pem" || extension == "draft" || extension == "key");
    is_key || [".gitignore", ".gitkeep", "README.md"].iter().any(|other| name == *other)
}

fn read_key(path: &Path) -> Result<SigningKey, KeyFolderError> {
    let refused = |source| failed("read the private key", path, source);
    let file = File::open(path).map_err(refused)?;
    // Of the open file, so that it cannot be exchanged between the check and the reading.
    if let Some(mode) = mode_for_others(&file.metadata().map_err(refused)?) {
        return Err(KeyFolderError::Exposed { path: path.to_owned(), mode });
    }
    // Room for the whole file at once: a string that grows leaves copies of the key behind.
    let mut pem = Zeroizing::new(String::with_capacity(LARGEST_FILE + 1));
    file.take(LARGEST_FILE as u64 + 1).read_to_string(&mut pem).map_err(|error| {
        match error.kind() {
            io::ErrorKind::InvalidData => {
                let source = SigningKeyError::NotPkcs8Pem(NOT_TEXT);
                KeyFolderError::Key { path: path.to_owned(), source }
            }
            _ => refused(error),
        }
    })?;
    if pem.len() > LARGEST_FILE {
        return Err(refused(io::Error::from(io::ErrorKind::FileTooLarge)));
    }
    let key = SigningKey::from_pem(&pem)
        .map_err(|source| KeyFolderError::Key { path: path.to_owned(), source })?;
    if path.file_stem().is_none_or(|stem| stem != key.kid()) {
        return Err(KeyFolderError::Misnamed { path: path.to_owned(), kid: key.kid().to_owned() });
    }
    Ok(key)
}

/// Whether the file may be a good key that somebody else could read. (A folder in its place is how tests that run as
/// root make one.)
fn is_kept_from_us(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::IsADirectory)
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> KeyFolderError {
    KeyFolderError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
