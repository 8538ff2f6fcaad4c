//! The hashes that an import accepts, with its limits.

use std::fmt;

use super::{
    foreign::{self, Scheme, prehash_with_flask_security},
    stored_hash::{FOREIGN_ARGON2, StoredHash, StoredHashError, has_no_password},
};

/// The stored hash of an account without a password. No password has this hash.
pub const NO_PASSWORD: &str = "!";

/// Maximum length of a hash in bytes: all accepted forms are shorter.
const MAX_LEN: usize = 4096;

/// Maximum memory of an imported Argon2 hash, unless the operator allows more.
pub const DEFAULT_ARGON2_MEMORY_KIB: u32 = 64 * 1024;

/// How an import reads hashes.
#[derive(Clone)]
pub struct ImportRules {
    /// Maximum memory of an Argon2 hash in KiB.
    pub argon2_memory_kib: u32,
    /// The `SECURITY_PASSWORD_SALT` of a Flask-Security application, which hashed an HMAC of each password.
    pub flask_security_salt: Option<String>,
}

impl Default for ImportRules {
    fn default() -> Self {
        Self { argon2_memory_kib: DEFAULT_ARGON2_MEMORY_KIB, flask_security_salt: None }
    }
}

/// A hash that can be imported.
#[derive(Clone)]
pub enum ImportedHash {
    /// It is stored unchanged (or with a prefix that names its origin).
    AsIs {
        /// The text.
        text: String,
        /// The name of its kind, for counts.
        kind: &'static str,
    },
    /// It is weak: it is wrapped in Argon2id before it is stored.
    Weak(WeakHash),
    /// The account has no password.
    None,
}

/// A weak hash. `Debug` does not show it.
#[derive(Clone)]
pub struct WeakHash(pub(super) foreign::WeakHash);

impl fmt::Debug for WeakHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WeakHash(***)")
    }
}

impl fmt::Debug for ImportedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// Why a hash is not imported. The message never contains a part of the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportedHashError {
    /// It has no known form. It may be a password in plain text.
    #[error("is of no known form")]
    Unknown,
    /// Checking it would cost more than the cap of its kind.
    #[error("has parameters above the cap")]
    AboveCap,
    /// It is an Argon2 hash that needs more memory than allowed.
    #[error("takes {} MiB of memory: --argon2-memory allows more than the default", .0 / 1024)]
    Argon2Memory(u32),
    /// It is an Argon2d hash. Argon2d is not for passwords.
    #[error("is of Argon2d")]
    Argon2d,
}

impl From<StoredHashError> for ImportedHashError {
    fn from(error: StoredHashError) -> Self {
        match error {
            StoredHashError::Unreadable => Self::Unknown,
            StoredHashError::AboveCap => Self::AboveCap,
        }
    }
}

impl ImportedHash {
    /// Reads a hash in any accepted form. In a file of our own format, a PHC string of Argon2 counts as made by this
    /// service.
    ///
    /// # Errors
    /// See [`ImportedHashError`].
    pub fn parse(
        text: &str,
        rules: &ImportRules,
        is_own_format: bool,
    ) -> Result<Self, ImportedHashError> {
        if text.is_empty() || has_no_password(text) {
            return Ok(Self::None);
        }
        if text.len() > MAX_LEN {
            return Err(ImportedHashError::Unknown);
        }
        let mut text = text.to_owned();
        if let Some(salt) = &rules.flask_security_salt {
            text = prehash_with_flask_security(salt, &text);
        }
        if let Some(weak) = foreign::WeakHash::parse(&text) {
            return Ok(Self::Weak(WeakHash(weak)));
        }
        if !is_own_format
            && text.starts_with('$')
            && StoredHash::parse(&text).is_ok_and(|hash| !hash.is_foreign())
        {
            text.insert_str(0, FOREIGN_ARGON2);
        }
        let hash = StoredHash::parse(&text)?;
        check_argon2(&hash, rules)?;
        Ok(Self::AsIs { kind: kind(&hash), text })
    }

    /// The name of its kind, for counts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AsIs { kind, .. } => kind,
            Self::Weak(_) => "weak, wrapped in argon2id",
            Self::None => "no password",
        }
    }
}

fn check_argon2(hash: &StoredHash, rules: &ImportRules) -> Result<(), ImportedHashError> {
    let argon2 = match hash {
        StoredHash::Argon2(hash) => hash,
        StoredHash::Foreign(hash) => match &hash.scheme {
            Scheme::Argon2(hash) => hash,
            Scheme::Wrapped(hash) => hash.outer(),
            _ => return Ok(()),
        },
    };
    if !argon2.is_for_passwords() {
        return Err(ImportedHashError::Argon2d);
    }
    if argon2.memory_kib() > rules.argon2_memory_kib {
        return Err(ImportedHashError::Argon2Memory(argon2.memory_kib()));
    }
    Ok(())
}

fn kind(hash: &StoredHash) -> &'static str {
    match hash {
        StoredHash::Argon2(_) => "argon2",
        StoredHash::Foreign(hash) => hash.kind(),
    }
}
