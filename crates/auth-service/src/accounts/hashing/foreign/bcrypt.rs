//! bcrypt: `$2a$`, `$2b$`, `$2y$`, and the forms of Django and passlib.

use super::{Prehash, encoding::from_bcrypt_base64, is_same, number};
use crate::accounts::hashing::stored_hash::StoredHashError;

/// Lowest cost that bcrypt has.
const MIN_COST: u32 = 4;
/// Highest cost: about a second on a core of 2025.
const MAX_COST: u32 = 14;
/// Number of bytes of a password that bcrypt reads. The original silently ignores the rest, and so does this code.
const PASSWORD_BYTES: usize = 72;
/// Bytes of the tag: bcrypt drops the last one of 24.
const TAG_BYTES: usize = 23;

/// A bcrypt hash.
#[derive(Clone)]
pub(in super::super) struct Bcrypt {
    cost: u32,
    salt: [u8; 16],
    tag: Vec<u8>,
}

impl Bcrypt {
    /// Reads `$2b$12$` with 22 characters of salt and 31 of the tag; Django writes `bcrypt$` before it.
    pub(super) fn parse(text: &str) -> Result<Self, StoredHashError> {
        let parts: Vec<&str> = text.split('$').collect();
        let ["", "2a" | "2b" | "2y", cost, rest] = parts[..] else {
            return Err(StoredHashError::Unreadable);
        };
        let (salt, tag) = rest.split_at_checked(22).ok_or(StoredHashError::Unreadable)?;
        Self::new(number(cost)?, salt, tag)
    }

    fn new(cost: u32, salt: &str, tag: &str) -> Result<Self, StoredHashError> {
        if cost > MAX_COST {
            return Err(StoredHashError::AboveCap);
        }
        let (salt, tag) = (from_bcrypt_base64(salt), from_bcrypt_base64(tag));
        let salt = salt.and_then(|salt| salt.try_into().ok());
        let tag = tag.filter(|tag| tag.len() == TAG_BYTES);
        match (salt, tag) {
            (Some(salt), Some(tag)) if cost >= MIN_COST => Ok(Self { cost, salt, tag }),
            _ => Err(StoredHashError::Unreadable),
        }
    }

    /// A dummy hash of this cost: no password matches it.
    pub(in super::super) fn dummy(cost: u32) -> Result<Self, StoredHashError> {
        if !(MIN_COST..=MAX_COST).contains(&cost) {
            return Err(StoredHashError::AboveCap);
        }
        Ok(Self { cost, salt: [0; 16], tag: vec![0; TAG_BYTES] })
    }

    /// Its cost parameter.
    pub(in super::super) fn cost(&self) -> u32 {
        self.cost
    }

    /// Whether this password gives the stored tag.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        // The zero byte at the end is hashed too, unless the password fills all 72 bytes.
        let mut read = zeroize::Zeroizing::new(password.to_vec());
        read.push(0);
        read.truncate(PASSWORD_BYTES);
        let output = bcrypt::bcrypt(self.cost, self.salt, &read);
        output.get(..TAG_BYTES).is_some_and(|output| is_same(output, &self.tag))
    }
}

/// Reads bcrypt over a SHA-256 of the password: `bcrypt_sha256$$2b$…` (Django), `$bcrypt-sha256$v=2,t=2b,r=12$salt$tag`
/// (passlib). `None` for other texts.
pub(super) fn parse_with_sha256(text: &str) -> Option<(Prehash, Result<Bcrypt, StoredHashError>)> {
    if let Some(rest) = text.strip_prefix("bcrypt_sha256$") {
        return Some((Prehash::Sha256Hex, Bcrypt::parse(rest)));
    }
    let rest = text.strip_prefix("$bcrypt-sha256$v=2,t=2b,r=")?;
    let parts: Vec<&str> = rest.split('$').collect();
    let [cost, salt, tag] = parts[..] else {
        return Some((Prehash::Sha256Hex, Err(StoredHashError::Unreadable)));
    };
    let bcrypt = number(cost).and_then(|cost| Bcrypt::new(cost, salt, tag));
    Some((Prehash::HmacSha256(salt.as_bytes().to_vec()), bcrypt))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "ABCDEFGHIJKLMNOPQRSTUuABCDEFGHIJKLMNOPQRSTUVWXYZabcde";

    fn error(text: &str) -> StoredHashError {
        Bcrypt::parse(text).err().unwrap()
    }

    #[test]
    fn a_cost_above_the_cap_is_refused_before_any_work() {
        for cost in ["15", "31", "99"] {
            assert_eq!(error(&format!("$2b${cost}${REST}")), StoredHashError::AboveCap, "{cost}");
        }
        assert!(Bcrypt::parse(&format!("$2b$14${REST}")).is_ok());
        assert!(Bcrypt::dummy(15).is_err() && Bcrypt::dummy(3).is_err());
    }

    #[test]
    fn a_text_that_is_not_such_a_hash_is_refused() {
        for text in [
            format!("$2x$12${REST}"),
            format!("$2b$3${REST}"),
            format!("$2b$12${}", &REST[1..]),
            format!("$2b$12${REST}a"),
            format!("$2b$12$é{}", &REST[2..]),
            "$2b$12$".to_owned(),
        ] {
            assert_eq!(error(&text), StoredHashError::Unreadable, "{text}");
        }
    }
}
