//! PBKDF2 (RFC 8018): Werkzeug, Django, passlib.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;

use super::{
    HashFunction,
    encoding::{from_base64, from_hex, from_passlib_base64},
    number, salt, tag,
};
use crate::accounts::hashing::stored_hash::StoredHashError;

/// Maximum number of rounds: about a second on a core of 2025.
const MAX_ROUNDS: u32 = 2_000_000;

/// The number of rounds of Werkzeug 3 if the text names none.
const WERKZEUG_DEFAULT: u32 = 1_000_000;

/// A PBKDF2 hash.
#[derive(Clone)]
pub(in super::super) struct Pbkdf2 {
    function: HashFunction,
    rounds: NonZeroU32,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

impl Pbkdf2 {
    /// Reads `pbkdf2:sha256:260000$salt$hex` (Werkzeug), `pbkdf2_sha256$260000$salt$base64` (Django) or
    /// `$pbkdf2-sha256$29000$salt$tag` (passlib).
    pub(super) fn parse(text: &str) -> Result<Self, StoredHashError> {
        let parts: Vec<&str> = text.split('$').collect();
        match parts[..] {
            [method, salt, hex] if method.starts_with("pbkdf2:") || method == "pbkdf2" => {
                let (function, rounds) = werkzeug_method(method)?;
                Self::new(function, rounds, salt.as_bytes().to_vec(), from_hex(hex))
            }
            ["pbkdf2_sha256", rounds, salt, tag] => {
                let salt = salt.as_bytes().to_vec();
                Self::new(HashFunction::Sha256, number(rounds)?, salt, from_base64(tag))
            }
            ["pbkdf2_sha1", rounds, salt, tag] => {
                let salt = salt.as_bytes().to_vec();
                Self::new(HashFunction::Sha1, number(rounds)?, salt, from_base64(tag))
            }
            ["", name, rounds, salt, tag] => {
                let function = match name {
                    "pbkdf2" => HashFunction::Sha1,
                    "pbkdf2-sha256" => HashFunction::Sha256,
                    "pbkdf2-sha512" => HashFunction::Sha512,
                    _ => return Err(StoredHashError::Unreadable),
                };
                let salt = from_passlib_base64(salt).ok_or(StoredHashError::Unreadable)?;
                Self::new(function, number(rounds)?, salt, from_passlib_base64(tag))
            }
            _ => Err(StoredHashError::Unreadable),
        }
    }

    fn new(
        function: HashFunction,
        rounds: u32,
        salt_bytes: Vec<u8>,
        tag_bytes: Option<Vec<u8>>,
    ) -> Result<Self, StoredHashError> {
        if rounds > MAX_ROUNDS {
            return Err(StoredHashError::AboveCap);
        }
        let rounds = NonZeroU32::new(rounds).ok_or(StoredHashError::Unreadable)?;
        let hash = Self { function, rounds, salt: salt(salt_bytes)?, tag: tag(tag_bytes)? };
        if hash.all_rounds() > MAX_ROUNDS { Err(StoredHashError::AboveCap) } else { Ok(hash) }
    }

    /// The rounds of all blocks together. The tag is made in blocks of the length of the function's output, and each
    /// block costs all rounds.
    fn all_rounds(&self) -> u32 {
        let blocks = u32::try_from(self.tag.len().div_ceil(self.function.length()));
        self.rounds.get().saturating_mul(blocks.unwrap_or(u32::MAX))
    }

    /// A dummy hash of this cost: no password matches it.
    pub(in super::super) fn dummy(
        function: HashFunction,
        rounds: u32,
    ) -> Result<Self, StoredHashError> {
        Self::new(function, rounds, vec![0; 16], Some(vec![0; function.length()]))
    }

    /// Its cost: the function, and the rounds of all blocks.
    pub(in super::super) fn cost(&self) -> (HashFunction, u32) {
        (self.function, self.all_rounds())
    }

    /// Whether this password gives the stored tag.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        self.function.pbkdf2().is_some_and(|algorithm| {
            pbkdf2::verify(algorithm, self.rounds, &self.salt, password, &self.tag).is_ok()
        })
    }

    /// The name of its kind.
    pub(super) fn kind(&self) -> &'static str {
        match self.function {
            HashFunction::Sha1 => "pbkdf2-sha1",
            HashFunction::Sha512 => "pbkdf2-sha512",
            _ => "pbkdf2-sha256",
        }
    }
}

/// `pbkdf2`, `pbkdf2:sha256` or `pbkdf2:sha256:260000`.
fn werkzeug_method(method: &str) -> Result<(HashFunction, u32), StoredHashError> {
    let parts: Vec<&str> = method.split(':').collect();
    let function = match parts.get(1) {
        None => HashFunction::Sha256,
        Some(name) => HashFunction::from_name(name)
            .filter(|function| function.pbkdf2().is_some())
            .ok_or(StoredHashError::Unreadable)?,
    };
    match parts[..] {
        [_] | [_, _] => Ok((function, WERKZEUG_DEFAULT)),
        [_, _, rounds] => Ok((function, number(rounds)?)),
        _ => Err(StoredHashError::Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> StoredHashError {
        Pbkdf2::parse(text).err().unwrap()
    }

    #[test]
    fn rounds_above_the_cap_are_refused_before_any_work() {
        let tag = "00".repeat(32);
        for rounds in ["2000001", "4294967295", "99999999999999999999"] {
            let text = format!("pbkdf2:sha256:{rounds}$salt${tag}");
            assert_eq!(error(&text), StoredHashError::AboveCap, "{rounds}");
        }
        assert!(Pbkdf2::parse(&format!("pbkdf2:sha256:2000000$salt${tag}")).is_ok());
    }

    #[test]
    fn a_tag_that_is_longer_than_the_hash_counts_as_more_rounds() {
        let parse = |rounds: u32, bytes: usize| {
            Pbkdf2::parse(&format!("pbkdf2:sha1:{rounds}$salt${}", "00".repeat(bytes)))
        };
        for (bytes, blocks) in [(20, 1), (21, 2), (40, 2), (64, 4)] {
            let most = MAX_ROUNDS / blocks;
            let hash = parse(most, bytes).unwrap_or_else(|error| panic!("{bytes}: {error}"));
            assert_eq!(hash.cost(), (HashFunction::Sha1, most * blocks), "{bytes}");
            assert_eq!(parse(most + 1, bytes).err(), Some(StoredHashError::AboveCap), "{bytes}");
        }
        // The dummy hash for a missing account costs the same: as many rounds, with one block.
        let dummy = Pbkdf2::dummy(HashFunction::Sha1, MAX_ROUNDS).unwrap_or_else(|_| panic!());
        assert_eq!(dummy.cost(), (HashFunction::Sha1, MAX_ROUNDS));
    }

    #[test]
    fn a_text_that_is_not_such_a_hash_is_refused() {
        let tag = "00".repeat(32);
        for text in [
            format!("pbkdf2:md5:1000$salt${tag}"),
            format!("pbkdf2:sha256:0$salt${tag}"),
            format!("pbkdf2:sha256:-5$salt${tag}"),
            format!("pbkdf2:sha256:1:1$salt${tag}"),
            "pbkdf2:sha256:1000$salt$00".to_owned(),
            "pbkdf2:sha256:1000$salt$xyz".to_owned(),
            format!("pbkdf2:sha256:1000${}${tag}", "s".repeat(1025)),
            "pbkdf2_sha256$1000$salt".to_owned(),
        ] {
            assert_eq!(error(&text), StoredHashError::Unreadable, "{text}");
        }
    }
}
