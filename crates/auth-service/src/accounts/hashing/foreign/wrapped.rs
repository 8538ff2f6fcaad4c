//! Weak hashes inside Argon2id.
//!
//! MD5, SHA-1 and one round of SHA-2 are so fast that an attacker tries billions of passwords a second. So an import
//! hashes the weak hash again with Argon2id, and only the result is stored. A log-in computes the weak hash first.

use zeroize::Zeroizing;

use super::{
    HashFunction,
    encoding::{from_base64, from_hex, to_base64},
};
use crate::accounts::hashing::{
    HashParameters, HashingError, engine::Engine, fresh_salt, phc_hash::PhcHash,
    stored_hash::StoredHashError,
};

/// The prefix of the stored form.
const PREFIX: &str = "wrapped:";

/// Maximum length of a salt in bytes.
const MAX_SALT_LEN: usize = 1024;

/// A weak hash that an import reads. It is never stored in this form.
#[derive(Clone)]
pub(in super::super) struct WeakHash {
    method: WeakMethod,
    digest: Zeroizing<Vec<u8>>,
}

/// How a weak hash is made from a password.
#[derive(Clone, Debug, PartialEq, Eq)]
struct WeakMethod {
    /// `None` for a password in plain text.
    function: Option<HashFunction>,
    salt: Vec<u8>,
}

impl WeakHash {
    /// Reads `sha1$salt$hex` (Werkzeug before 3, Django), `plain$$password` (Werkzeug before 3), or hexadecimal digits
    /// without a salt. `None` for other texts.
    pub(in super::super) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(3, '$').collect();
        let (function, salt, digest) = match parts[..] {
            ["plain", "", password] if !password.is_empty() => {
                let digest = Zeroizing::new(password.as_bytes().to_vec());
                return Some(Self {
                    method: WeakMethod { function: None, salt: Vec::new() },
                    digest,
                });
            }
            [function, salt, hex] => (HashFunction::from_name(function)?, salt, from_hex(hex)?),
            [hex] => {
                let digest = from_hex(hex)?;
                let of_length = |function: &HashFunction| function.length() == digest.len();
                let all = [
                    HashFunction::Md5,
                    HashFunction::Sha1,
                    HashFunction::Sha256,
                    HashFunction::Sha384,
                    HashFunction::Sha512,
                ];
                (all.into_iter().find(of_length)?, "", digest)
            }
            _ => return None,
        };
        let is_whole = digest.len() == function.length() && salt.len() <= MAX_SALT_LEN;
        let method = WeakMethod { function: Some(function), salt: salt.as_bytes().to_vec() };
        is_whole.then(|| Self { method, digest: Zeroizing::new(digest) })
    }

    /// Hashes it with Argon2id. Returns the form to store.
    pub(in super::super) fn wrap(
        &self,
        engine: &mut dyn Engine,
        parameters: HashParameters,
    ) -> Result<String, HashingError> {
        let mut outer = PhcHash::new(parameters, fresh_salt()?);
        outer.fill_tag(engine, &self.digest)?;
        let WeakMethod { function, salt } = &self.method;
        let (name, salt) = (function.map_or("plain", HashFunction::name), to_base64(salt));
        Ok(format!("{PREFIX}{name}:{salt}:{}", outer.to_phc()?.as_str()))
    }
}

/// A weak hash inside Argon2id, as it is stored.
#[derive(Clone)]
pub(in super::super) struct Wrapped {
    method: WeakMethod,
    outer: PhcHash,
}

impl Wrapped {
    /// Reads what [`WeakHash::wrap`] writes.
    pub(super) fn parse(text: &str) -> Result<Self, StoredHashError> {
        let unreadable = StoredHashError::Unreadable;
        let mut parts = text.strip_prefix(PREFIX).ok_or(unreadable)?.splitn(3, ':');
        let (Some(name), Some(salt), Some(phc)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(unreadable);
        };
        let function = match name {
            "plain" => None,
            name => Some(HashFunction::from_name(name).ok_or(unreadable)?),
        };
        let salt = from_base64(salt).filter(|salt| salt.len() <= MAX_SALT_LEN).ok_or(unreadable)?;
        Ok(Self { method: WeakMethod { function, salt }, outer: PhcHash::parse(phc)? })
    }

    /// A dummy hash with this Argon2 hash: no password matches it. A check runs Argon2 `runs` times.
    pub(in super::super) fn dummy(outer: PhcHash, runs: usize) -> Self {
        let salt = if runs > 1 { vec![0; 8] } else { Vec::new() };
        Self { method: WeakMethod { function: Some(HashFunction::Sha1), salt }, outer }
    }

    /// The Argon2 hash.
    pub(in super::super) fn outer(&self) -> &PhcHash {
        &self.outer
    }

    /// How often a check runs Argon2.
    pub(in super::super) fn runs(&self) -> usize {
        if self.method.function.is_some() && !self.method.salt.is_empty() { 2 } else { 1 }
    }

    /// Whether this password gives the stored tag. All candidates are computed, so that every password takes the same
    /// time.
    pub(super) fn matches(
        &self,
        engine: &mut dyn Engine,
        password: &[u8],
    ) -> Result<bool, HashingError> {
        let mut found = false;
        for candidate in self.method.candidates(password) {
            found |= self.outer.matches(engine, &candidate)?;
        }
        Ok(found)
    }
}

impl WeakMethod {
    /// The possible weak hashes of this password. With a salt there are two: Werkzeug computes an HMAC with the salt as
    /// its key, Django hashes the salt followed by the password, and both write the same form.
    fn candidates(&self, password: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
        match (self.function, self.salt.as_slice()) {
            (None, _) => vec![Zeroizing::new(password.to_vec())],
            (Some(function), []) => vec![function.hash(&[password])],
            (Some(function), salt) => {
                vec![function.hmac(salt, password), function.hash(&[salt, password])]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_forms_are_recognised_by_their_name_or_length() {
        let digits = |bytes: usize| "ab".repeat(bytes);
        for (text, name) in [
            (format!("md5$salt${}", digits(16)), "md5"),
            (format!("sha1$salt${}", digits(20)), "sha1"),
            (format!("sha256$salt${}", digits(32)), "sha256"),
            (format!("sha1$${}", digits(20)), "sha1"),
            (digits(16), "md5"),
            (digits(20), "sha1"),
            (digits(32), "sha256"),
            (digits(64), "sha512"),
        ] {
            let function = WeakHash::parse(&text).unwrap().method.function;
            assert_eq!(function.map(HashFunction::name), Some(name), "{text}");
        }
        for other in
            ["", "plain$$", "plain$salt$x", "sha1$salt$ab", "sha3$salt$ab", "ab", "password"]
        {
            assert!(WeakHash::parse(other).is_none(), "{other}");
        }
    }
}
