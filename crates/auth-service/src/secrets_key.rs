//! `AUTH_SECRETS_KEY`: 32 random bytes in a file beside the signing keys, the same for all processes on one database.
//!
//! Keys are derived from it, for example for trusted devices' tokens and for the ids under which failures are counted.
//! A dump of the database alone does not contain them. The first start makes the file. By a fingerprint in the database
//! a process finds out that it has another file; with another key it would count and trust differently.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use aws_lc_rs::{hmac, rand};
use database::{Database, DatabaseError};
use service_kit::private_files::{
    FileAccessError, check_owner, exposed_mode, make_file, make_folder,
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::store;

/// Bytes of the key.
const KEY_BYTES: usize = 32;

/// The name of the key's fingerprint among the shared values.
const FINGERPRINT: &str = "secrets_key";

/// Why the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsKeyError {
    /// The file cannot be made or read.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The action that failed: a verb and its object.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Other users can read or change the file.
    #[error("{} has mode {mode:04o}: others may read or change it; chmod 600 it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file belongs to another user.
    #[error(transparent)]
    Foreign(#[from] FileAccessError),
    /// The file does not contain a key.
    #[error(
        "{} holds no key: 64 hexadecimal digits, as `openssl rand -hex 32` prints them", path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The machine has no randomness.
    #[error("no random bytes for a key")]
    Randomness,
    /// The database was used with another key.
    #[error(
        "{} holds another key than the one that this database is used with; every auth-service needs the same file: \
         copy it from one that runs, or from a backup (docs/operations.md, \"The secrets key\")", path.display()
    )]
    OtherKey {
        /// The file.
        path: PathBuf,
    },
    /// The fingerprint cannot be compared.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The key. Other code gets only keys that are derived from it.
pub struct SecretsKey {
    key: hmac::Key,
    path: PathBuf,
}

/// The purpose of a derived key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Makes the ids under which failures of accounts are counted.
    AttemptKeys,
    /// Signs trusted devices' tokens.
    DeviceTokens,
    /// Signs the cursors of the audit log.
    AuditCursors,
    /// Signs the cursors of administrators' lists of users.
    UserCursors,
    /// Tells whether an imported row or account changed.
    ImportDigests,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::AttemptKeys => b"account throttle",
            Self::DeviceTokens => b"device token",
            Self::AuditCursors => b"audit cursor",
            Self::UserCursors => b"user cursor",
            Self::ImportDigests => b"import digest",
        }
    }
}

impl SecretsKey {
    /// Reads the key, or makes it if the file does not exist. Processes that do this at the same time get the same key.
    ///
    /// # Errors
    /// See [`SecretsKeyError`].
    pub fn open(path: &Path) -> Result<Self, SecretsKeyError> {
        if let Some(key) = read(path)? {
            return Ok(key);
        }
        make(path)?;
        read(path)?.ok_or_else(|| failed("read", path)(io::Error::from(io::ErrorKind::NotFound)))
    }

    /// Checks that the file belongs to the user of this process, because a service must not trust a file of another
    /// user. (Commands that root runs may read it.)
    ///
    /// # Errors
    /// With the path and the owner.
    pub fn check_owner(&self) -> Result<(), SecretsKeyError> {
        Ok(check_owner(&self.path)?)
    }

    /// Compares the key with the one that the database is used with; the first process sets it.
    ///
    /// # Errors
    /// [`SecretsKeyError::OtherKey`], [`SecretsKeyError::Database`].
    pub async fn check(&self, database: &Database) -> Result<(), SecretsKeyError> {
        let own = hex(self.derived(b"fingerprint").as_ref());
        let stored =
            store::shared_values::get_or_insert(database, FINGERPRINT, own.clone()).await?;
        if stored == own {
            return Ok(());
        }
        Err(SecretsKeyError::OtherKey { path: self.path.clone() })
    }

    /// The key for a purpose. From the key for one purpose, no other key can be computed.
    pub fn derive(&self, purpose: Purpose) -> Zeroizing<Vec<u8>> {
        self.derived(purpose.label())
    }

    fn derived(&self, label: &[u8]) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(hmac::sign(&self.key, label).as_ref().to_vec())
    }
}

impl std::fmt::Debug for SecretsKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretsKey({})", self.path.display())
    }
}

/// Reads the key; `None` if there is no file.
fn read(path: &Path) -> Result<Option<SecretsKey>, SecretsKeyError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed("read", path))?,
    };
    // Checked on the open file, so that it cannot be replaced between the check and the read.
    if let Some(mode) = exposed_mode(&file.metadata().map_err(failed("read", path))?) {
        return Err(SecretsKeyError::Exposed { path: path.to_owned(), mode });
    }
    let max = 2 * KEY_BYTES + 64;
    let mut text = Zeroizing::new(Vec::with_capacity(max));
    file.take(max as u64).read_to_end(&mut text).map_err(failed("read", path))?;
    let bytes = parse_hex(text.trim_ascii())
        .ok_or_else(|| SecretsKeyError::NoKey { path: path.to_owned() })?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
    Ok(Some(SecretsKey { key, path: path.to_owned() }))
}

/// Makes the whole file or none. Does nothing if another process has made it meanwhile.
fn make(path: &Path) -> Result<(), SecretsKeyError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    make_folder(folder).map_err(failed("make the folder of", path))?;
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    rand::fill(bytes.as_mut()).map_err(|_| SecretsKeyError::Randomness)?;
    let text = Zeroizing::new(format!("{}\n", hex(bytes.as_ref())));
    let draft = folder.join(format!(".secrets.{}.draft", Uuid::new_v4().simple()));
    let made = write_new(&draft, &text).and_then(|()| link(&draft, path, &text));
    // The first error is reported; an error of this clean-up would add nothing.
    let _ = fs::remove_file(&draft);
    made.and_then(|()| File::open(folder)?.sync_all()).map_err(failed("make", path))
}

/// Gives the draft its name, which fails where the name is taken: then another process was first.
fn link(draft: &Path, path: &Path, text: &str) -> io::Result<()> {
    let linked = match fs::hard_link(draft, path) {
        // Some file systems have no links. There another process may read an empty file; it fails and is started again.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => write_new(path, text),
        linked => linked,
    };
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = make_file(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse_hex(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if text.len() != 2 * KEY_BYTES || !text.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let digits = str::from_utf8(text).ok()?;
    let bytes =
        (0..KEY_BYTES).map(|index| u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).ok());
    bytes.collect::<Option<Vec<u8>>>().map(Zeroizing::new)
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SecretsKeyError {
    let path = path.to_owned();
    move |source| SecretsKeyError::Io { action, path, source }
}

#[cfg(test)]
mod tests;
