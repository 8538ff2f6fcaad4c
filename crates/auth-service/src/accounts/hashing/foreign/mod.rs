//! Password hashes that other systems made. They are checked until their users sign in, and then replaced by Argon2id.
//!
//! A hash is stored in its original form, so other systems can read it from an export. Each form is parsed into a type
//! that checks a cap: a hash that costs more than the cap is not parsed, so it is never run.
//!
//! - `encoding`: hexadecimal and the kinds of Base64
//! - `digest`: the hash functions
//! - `pbkdf2`, `scrypt`, `bcrypt`, `sha_crypt`, `firebase`: one family each, with the forms that occur
//! - `prehash`: the step before the hash that some systems have
//! - `wrapped`: weak hashes inside Argon2id

mod bcrypt;
mod digest;
mod encoding;
mod firebase;
mod pbkdf2;
mod prehash;
mod scrypt;
mod sha_crypt;
mod wrapped;

use zeroize::Zeroizing;

pub use self::firebase::FirebaseParameters;
pub(super) use self::prehash::flask_security as prehash_with_flask_security;
pub(super) use self::{
    bcrypt::Bcrypt,
    digest::HashFunction,
    pbkdf2::Pbkdf2,
    prehash::Prehash,
    scrypt::{Scrypt, ScryptCost},
    sha_crypt::ShaCrypt,
    wrapped::{WeakHash, Wrapped},
};
use super::{HashingError, engine::Engine, phc_hash::PhcHash, stored_hash::StoredHashError};

/// Maximum length of a salt in bytes.
const MAX_SALT_LEN: usize = 1024;
/// Minimum length of a tag in bytes: a shorter one could be equal by chance.
const MIN_TAG_LEN: usize = 16;
/// Maximum length of a tag in bytes.
const MAX_TAG_LEN: usize = 64;

/// A hash that another system made, or that was made from one.
#[derive(Clone)]
pub(super) struct ForeignHash {
    /// The step before the hash.
    pub(super) prehash: Option<Prehash>,
    /// How the result of that step is hashed.
    pub(super) scheme: Scheme,
}

/// How a password is hashed.
#[derive(Clone)]
pub(super) enum Scheme {
    Pbkdf2(Pbkdf2),
    Bcrypt(Bcrypt),
    ShaCrypt(ShaCrypt),
    Scrypt(Scrypt),
    Firebase(firebase::FirebaseScrypt),
    Wrapped(Wrapped),
    /// Argon2 after a prehash, or made by another system.
    Argon2(PhcHash),
}

impl ForeignHash {
    /// Reads a foreign hash. `None` if the text has none of the foreign forms.
    pub(super) fn parse(text: &str) -> Option<Result<Self, StoredHashError>> {
        if let Some(rest) = text.strip_prefix(prehash::FLASK_SECURITY) {
            return Some(Self::with_flask_security(rest));
        }
        let plain = |scheme: Result<Scheme, _>| scheme.map(|scheme| Self { prehash: None, scheme });
        if let Some(scheme) = Scheme::parse(text) {
            return Some(plain(scheme));
        }
        let (prehash, bcrypt) = bcrypt::parse_with_sha256(text)?;
        let scheme = bcrypt.map(Scheme::Bcrypt);
        Some(scheme.map(|scheme| Self { prehash: Some(prehash), scheme }))
    }

    fn with_flask_security(rest: &str) -> Result<Self, StoredHashError> {
        let (prehash, rest) = Prehash::parse_flask_security(rest)?;
        let scheme = match Scheme::parse(rest) {
            Some(scheme) => scheme?,
            None => Scheme::Argon2(PhcHash::parse(rest)?),
        };
        Ok(Self { prehash: Some(prehash), scheme })
    }

    /// Whether this password gives the stored tag. The comparison takes the same time for every tag.
    pub(super) fn matches(
        &self,
        engine: &mut dyn Engine,
        password: &[u8],
    ) -> Result<bool, HashingError> {
        match &self.prehash {
            Some(prehash) => self.scheme.matches(engine, &prehash.apply(password)),
            None => self.scheme.matches(engine, password),
        }
    }

    /// The name of its kind, for counts.
    pub(super) fn kind(&self) -> &'static str {
        match &self.scheme {
            Scheme::Pbkdf2(hash) => hash.kind(),
            Scheme::Bcrypt(_) => "bcrypt",
            Scheme::ShaCrypt(hash) => hash.kind(),
            Scheme::Scrypt(_) => "scrypt",
            Scheme::Firebase(_) => "scrypt (Firebase)",
            Scheme::Wrapped(_) => "weak, wrapped in argon2id",
            Scheme::Argon2(_) => "argon2",
        }
    }
}

impl Scheme {
    fn parse(text: &str) -> Option<Result<Self, StoredHashError>> {
        let scheme = match text.split_once([':', '$']) {
            Some(("wrapped", _)) => Wrapped::parse(text).map(Self::Wrapped),
            Some(("firebase-scrypt", _)) => {
                firebase::FirebaseScrypt::parse(text).map(Self::Firebase)
            }
            Some(("scrypt", _)) => Scrypt::parse(text).map(Self::Scrypt),
            Some(("pbkdf2" | "pbkdf2_sha256" | "pbkdf2_sha1", _)) => {
                Pbkdf2::parse(text).map(Self::Pbkdf2)
            }
            Some(("bcrypt", rest)) => Bcrypt::parse(rest).map(Self::Bcrypt),
            Some(("", rest)) => match rest.split_once('$') {
                Some(("pbkdf2" | "pbkdf2-sha256" | "pbkdf2-sha512", _)) => {
                    Pbkdf2::parse(text).map(Self::Pbkdf2)
                }
                Some(("2a" | "2b" | "2y", _)) => Bcrypt::parse(text).map(Self::Bcrypt),
                Some(("5" | "6", _)) => ShaCrypt::parse(text).map(Self::ShaCrypt),
                _ => return None,
            },
            _ => return None,
        };
        Some(scheme)
    }

    fn matches(&self, engine: &mut dyn Engine, password: &[u8]) -> Result<bool, HashingError> {
        match self {
            Self::Pbkdf2(hash) => Ok(hash.matches(password)),
            Self::Bcrypt(hash) => Ok(hash.matches(password)),
            Self::ShaCrypt(hash) => hash.matches(password),
            Self::Scrypt(hash) => hash.matches(password),
            Self::Firebase(hash) => hash.matches(password),
            Self::Wrapped(hash) => hash.matches(engine, password),
            Self::Argon2(hash) => hash.matches(engine, password),
        }
    }
}

/// Compares two tags in constant time.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// Checks the length of a salt.
fn salt(bytes: Vec<u8>) -> Result<Vec<u8>, StoredHashError> {
    if bytes.len() <= MAX_SALT_LEN { Ok(bytes) } else { Err(StoredHashError::Unreadable) }
}

/// Checks the length of a tag.
fn tag(bytes: Option<Vec<u8>>) -> Result<Vec<u8>, StoredHashError> {
    bytes
        .filter(|tag| (MIN_TAG_LEN..=MAX_TAG_LEN).contains(&tag.len()))
        .ok_or(StoredHashError::Unreadable)
}

/// Reads a number that consists of digits only: no sign and no blank.
fn number(text: &str) -> Result<u32, StoredHashError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(StoredHashError::Unreadable);
    }
    // A number with more digits than fit is above every cap.
    text.parse().map_err(|_| StoredHashError::AboveCap)
}

/// A buffer for a derived key.
fn buffer(length: usize) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(vec![0; length])
}
