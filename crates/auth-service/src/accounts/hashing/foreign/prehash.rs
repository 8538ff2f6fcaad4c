//! The step before the hash: some systems transform a password before they hash it.

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{
    HashFunction,
    encoding::{from_base64, to_base64},
};
use crate::accounts::hashing::stored_hash::StoredHashError;

/// The prefix of the stored form of Flask-Security's hashes.
pub(super) const FLASK_SECURITY: &str = "flask-security:";

/// Maximum length of a key in bytes.
const MAX_KEY_LEN: usize = 1024;

/// A step before the hash.
#[derive(Clone, PartialEq, Eq)]
pub(in super::super) enum Prehash {
    /// SHA-256, in hexadecimal digits: Django's `bcrypt_sha256`.
    Sha256Hex,
    /// HMAC-SHA-256 with this key, in Base64: passlib's `bcrypt_sha256`.
    HmacSha256(Vec<u8>),
    /// HMAC-SHA-512 with this key, in Base64: Flask-Security, with its `SECURITY_PASSWORD_SALT`.
    HmacSha512(Vec<u8>),
}

impl Prehash {
    /// Applies the step to a password.
    pub(super) fn apply(&self, password: &[u8]) -> Zeroizing<Vec<u8>> {
        let text = match self {
            Self::Sha256Hex => hex(&HashFunction::Sha256.hash(&[password])),
            Self::HmacSha256(key) => STANDARD.encode(&*HashFunction::Sha256.hmac(key, password)),
            Self::HmacSha512(key) => STANDARD.encode(&*HashFunction::Sha512.hmac(key, password)),
        };
        Zeroizing::new(text.into_bytes())
    }

    /// Reads the key, and returns the hash that follows it.
    pub(super) fn parse_flask_security(rest: &str) -> Result<(Self, &str), StoredHashError> {
        let (key, hash) = rest.split_once(':').ok_or(StoredHashError::Unreadable)?;
        let key = from_base64(key).filter(|key| (1..=MAX_KEY_LEN).contains(&key.len()));
        Ok((Self::HmacSha512(key.ok_or(StoredHashError::Unreadable)?), hash))
    }
}

/// The stored form of a hash that Flask-Security made with this `SECURITY_PASSWORD_SALT`.
pub(in super::super) fn flask_security(salt: &str, hash: &str) -> String {
    format!("{FLASK_SECURITY}{}:{hash}", to_base64(salt.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
