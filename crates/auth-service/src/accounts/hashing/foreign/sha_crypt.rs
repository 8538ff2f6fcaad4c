//! SHA-crypt: `$5$` (SHA-256) and `$6$` (SHA-512), as in `/etc/shadow`.

use super::{HashFunction, is_same, number};
use crate::accounts::hashing::{HashingError, stored_hash::StoredHashError};

/// The number of rounds if the text names none.
const DEFAULT_ROUNDS: u32 = 5_000;
/// Minimum number of rounds, by the specification.
const MIN_ROUNDS: u32 = 1_000;
/// Maximum number of rounds: about a second on a core of 2025.
const MAX_ROUNDS: u32 = 1_000_000;
/// Maximum length of a salt in bytes.
const MAX_SALT_LEN: usize = 16;
/// Maximum length of a password in bytes, as in libxcrypt: each round reads the whole password.
const MAX_PASSWORD_LEN: usize = 512;
/// Maximum number of bytes that all rounds together read: with passlib's 656,000 rounds, passwords of 204 bytes.
const MAX_WORK: usize = 1 << 27;

/// A SHA-crypt hash.
#[derive(Clone)]
pub(in super::super) struct ShaCrypt {
    function: HashFunction,
    rounds: u32,
    salt: String,
    tag: Vec<u8>,
}

impl ShaCrypt {
    /// Reads `$6$salt$tag` or `$6$rounds=656000$salt$tag`.
    pub(super) fn parse(text: &str) -> Result<Self, StoredHashError> {
        let parts: Vec<&str> = text.split('$').collect();
        let (kind, rounds, salt, tag) = match parts[..] {
            ["", kind, salt, tag] => (kind, DEFAULT_ROUNDS, salt, tag),
            ["", kind, rounds, salt, tag] => {
                let rounds = rounds.strip_prefix("rounds=").ok_or(StoredHashError::Unreadable)?;
                (kind, number(rounds)?, salt, tag)
            }
            _ => return Err(StoredHashError::Unreadable),
        };
        let function = match kind {
            "5" => HashFunction::Sha256,
            "6" => HashFunction::Sha512,
            _ => return Err(StoredHashError::Unreadable),
        };
        let tag = from_crypt_base64(tag, function).ok_or(StoredHashError::Unreadable)?;
        if salt.len() > MAX_SALT_LEN {
            return Err(StoredHashError::Unreadable);
        }
        Ok(Self { tag, salt: salt.to_owned(), ..Self::dummy(function, rounds)? })
    }

    /// A dummy hash of this cost: no password matches it.
    pub(in super::super) fn dummy(
        function: HashFunction,
        rounds: u32,
    ) -> Result<Self, StoredHashError> {
        if rounds > MAX_ROUNDS {
            return Err(StoredHashError::AboveCap);
        }
        if rounds < MIN_ROUNDS || function < HashFunction::Sha256 {
            return Err(StoredHashError::Unreadable);
        }
        let tag = vec![0; function.length()];
        Ok(Self { function, rounds, salt: "0".repeat(MAX_SALT_LEN), tag })
    }

    /// Its cost: the function and the rounds.
    pub(in super::super) fn cost(&self) -> (HashFunction, u32) {
        (self.function, self.rounds)
    }

    /// Whether this password gives the stored tag.
    pub(super) fn matches(&self, password: &[u8]) -> Result<bool, HashingError> {
        if password.len() > MAX_PASSWORD_LEN || self.rounds as usize * password.len() > MAX_WORK {
            return Ok(false);
        }
        let failed = |_| HashingError::Failed;
        let parameters = sha_crypt::Params::new(self.rounds).map_err(failed)?;
        let salt = self.salt.as_bytes();
        Ok(match self.function {
            HashFunction::Sha512 => {
                is_same(&sha_crypt::sha512_crypt(password, salt, parameters), &self.tag)
            }
            _ => is_same(&sha_crypt::sha256_crypt(password, salt, parameters), &self.tag),
        })
    }

    /// The name of its kind.
    pub(super) fn kind(&self) -> &'static str {
        match self.function {
            HashFunction::Sha512 => "sha512-crypt",
            _ => "sha256-crypt",
        }
    }
}

/// Reads the tag. SHA-crypt writes three bytes as four characters, the lowest six bits first. It takes the bytes in an
/// order of its own: one byte from each third of the tag, and the order of the thirds rotates.
fn from_crypt_base64(text: &str, function: HashFunction) -> Option<Vec<u8>> {
    let length = function.length();
    let mut tag = vec![0; length];
    let mut characters = text.bytes();
    for group in order(function) {
        let used = group.iter().flatten().count();
        let mut bits: u32 = 0;
        for place in 0..=used {
            bits |= value(characters.next()?)? << (6 * place);
        }
        // The first byte of a group is the highest one of the three.
        for (place, index) in group.iter().rev().flatten().enumerate() {
            *tag.get_mut(*index)? = u8::try_from((bits >> (8 * place)) & 0xff).ok()?;
        }
        if used < 3 && bits >> (8 * used) != 0 {
            return None;
        }
    }
    characters.next().is_none().then_some(tag)
}

/// The indexes of the bytes of each group, the highest first. `None` if the last group has fewer bytes.
fn order(function: HashFunction) -> Vec<[Option<usize>; 3]> {
    let (third, last): (usize, [Option<usize>; 3]) = match function {
        HashFunction::Sha512 => (21, [None, None, Some(63)]),
        _ => (10, [None, Some(31), Some(30)]),
    };
    let group = |number: usize| {
        let mut bytes = [number, number + third, number + 2 * third];
        // SHA-512 rotates to the left with each group, SHA-256 to the right.
        match function {
            HashFunction::Sha512 => bytes.rotate_left(number % 3),
            _ => bytes.rotate_right(number % 3),
        }
        bytes.map(Some)
    };
    (0..third).map(group).chain([last]).collect()
}

/// The six bits of a character: `./0-9A-Za-z`.
fn value(character: u8) -> Option<u32> {
    let value = match character {
        b'.' => 0,
        b'/' => 1,
        b'0'..=b'9' => character - b'0' + 2,
        b'A'..=b'Z' => character - b'A' + 12,
        b'a'..=b'z' => character - b'a' + 38,
        _ => return None,
    };
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the specification.
    const OF_SHA256: &str = "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";
    const OF_SHA512: &str = "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";

    #[test]
    fn the_examples_of_the_specification_match() {
        for text in [OF_SHA256, OF_SHA512] {
            let hash = ShaCrypt::parse(text).unwrap();
            assert!(hash.matches(b"Hello world!").unwrap(), "{text}");
            assert!(!hash.matches(b"Hello world").unwrap(), "{text}");
            assert!(!hash.matches(&[b'x'; 513]).unwrap(), "{text}");
        }
    }

    #[test]
    fn rounds_above_the_cap_are_refused_before_any_work() {
        let (_, tag) = OF_SHA512.rsplit_once('$').unwrap();
        let parse = |rounds: &str| ShaCrypt::parse(&format!("$6$rounds={rounds}$salt${tag}"));
        for rounds in ["1000001", "999999999", "99999999999"] {
            assert_eq!(parse(rounds).err(), Some(StoredHashError::AboveCap), "{rounds}");
        }
        assert!(parse("1000000").is_ok());
        for rounds in ["999", "0", "", "-1"] {
            assert_eq!(parse(rounds).err(), Some(StoredHashError::Unreadable), "{rounds}");
        }
    }

    #[test]
    fn a_text_that_is_not_such_a_hash_is_refused() {
        for text in [
            &OF_SHA512[..OF_SHA512.len() - 1],
            &format!("{OF_SHA512}."),
            &OF_SHA512.replace("saltstring", "a salt of too many characters"),
            &OF_SHA256.replace("5B8v", "5B!v"),
            // The last character has bits beyond the tag.
            &OF_SHA256.replace("Ec5", "Ecz"),
        ] {
            assert_eq!(ShaCrypt::parse(text).err(), Some(StoredHashError::Unreadable), "{text}");
        }
    }
}
