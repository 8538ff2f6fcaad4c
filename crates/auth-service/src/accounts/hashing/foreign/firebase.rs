//! Firebase's scrypt: scrypt derives a key from the password; this key encrypts a key of the project.

use aws_lc_rs::{
    cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey},
    iv::FixedLength,
};

use super::{
    ScryptCost, buffer,
    encoding::{from_base64, to_base64},
    is_same, number, salt,
};
use crate::accounts::hashing::{HashingError, stored_hash::StoredHashError};

/// The prefix of the stored form.
const PREFIX: &str = "firebase-scrypt:";
/// Bytes of an AES-256 key.
const KEY_BYTES: usize = 32;
/// Permitted lengths of a signer key in bytes.
const SIGNER_KEY: std::ops::RangeInclusive<usize> = 16..=128;

/// The parameters of a Firebase project, from its console. The hashes of all its users need them.
#[derive(Clone)]
pub struct FirebaseParameters {
    signer_key: Vec<u8>,
    salt_separator: Vec<u8>,
    cost: ScryptCost,
}

impl FirebaseParameters {
    /// Makes the parameters from the numbers and the two Base64 texts that the console shows.
    ///
    /// # Errors
    /// A text that names the wrong value.
    pub fn new(
        signer_key: &str,
        salt_separator: &str,
        rounds: u32,
        mem_cost: u32,
    ) -> Result<Self, &'static str> {
        let signer_key = from_base64(signer_key)
            .filter(|key| SIGNER_KEY.contains(&key.len()))
            .ok_or("the signer key is not Base64 of 16 to 128 bytes")?;
        let salt_separator =
            from_base64(salt_separator).ok_or("the salt separator is not Base64")?;
        let log_n = u8::try_from(mem_cost).map_err(|_| "the memory cost is too high")?;
        let cost = ScryptCost::new(log_n, rounds, 1)
            .map_err(|_| "rounds or memory cost is too high or zero")?;
        Ok(Self { signer_key, salt_separator, cost })
    }

    /// The stored form of a user's hash. It holds everything that is needed to check it.
    pub fn stored(&self, salt: &str, hash: &str) -> String {
        let (log_n, r, _) = self.cost.numbers();
        let (key, separator) = (to_base64(&self.signer_key), to_base64(&self.salt_separator));
        format!("{PREFIX}{log_n}:{r}:{separator}:{key}${salt}${hash}")
    }
}

/// One user's hash.
#[derive(Clone)]
pub(in super::super) struct FirebaseScrypt {
    parameters: FirebaseParameters,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

impl FirebaseScrypt {
    /// Reads what [`FirebaseParameters::stored`] writes.
    pub(super) fn parse(text: &str) -> Result<Self, StoredHashError> {
        let unreadable = StoredHashError::Unreadable;
        let parts: Vec<&str> = text.strip_prefix(PREFIX).ok_or(unreadable)?.split('$').collect();
        let [parameters, salt_text, tag] = parts[..] else { return Err(unreadable) };
        let numbers: Vec<&str> = parameters.split(':').collect();
        let [mem_cost, rounds, separator, key] = numbers[..] else { return Err(unreadable) };
        let log_n = u8::try_from(number(mem_cost)?).map_err(|_| StoredHashError::AboveCap)?;
        let cost = ScryptCost::new(log_n, number(rounds)?, 1)?;
        let signer_key = from_base64(key).filter(|key| SIGNER_KEY.contains(&key.len()));
        let (Some(signer_key), Some(salt_separator)) = (signer_key, from_base64(separator)) else {
            return Err(unreadable);
        };
        // The tag is the encrypted signer key, so it has its length.
        let tag = from_base64(tag).filter(|tag| tag.len() == signer_key.len());
        let (Some(salt_bytes), Some(tag)) = (from_base64(salt_text), tag) else {
            return Err(unreadable);
        };
        let parameters = FirebaseParameters { signer_key, salt_separator, cost };
        Ok(Self { parameters, salt: salt(salt_bytes)?, tag })
    }

    /// Its cost: that of scrypt, because the encryption costs almost nothing.
    pub(in super::super) fn cost(&self) -> ScryptCost {
        self.parameters.cost
    }

    /// Whether this password gives the stored tag.
    pub(super) fn matches(&self, password: &[u8]) -> Result<bool, HashingError> {
        let FirebaseParameters { signer_key, salt_separator, cost } = &self.parameters;
        let salt = [self.salt.as_slice(), salt_separator].concat();
        let mut key = buffer(KEY_BYTES);
        cost.derive(password, &salt, &mut key)?;
        let mut text = signer_key.clone();
        encrypt(&key, &mut text).map_err(|_| HashingError::Failed)?;
        Ok(is_same(&text, &self.tag))
    }
}

/// AES-256 in counter mode from zero, as Firebase does it: each key encrypts one text.
fn encrypt(key: &[u8], text: &mut [u8]) -> Result<(), aws_lc_rs::error::Unspecified> {
    let key = EncryptingKey::ctr(UnboundCipherKey::new(&AES_256, key)?)?;
    let zero = EncryptionContext::Iv128(FixedLength::from(&[0; 16]));
    key.less_safe_encrypt(text, zero).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Firebase's own `scrypt` program (github.com/firebase/scrypt, README).
    fn parameters() -> FirebaseParameters {
        let key = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";
        FirebaseParameters::new(key, "Bw==", 8, 14).unwrap()
    }

    const SALT: &str = "42xEC+ixf3L2lw==";
    const HASH: &str =
        "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";

    #[test]
    fn the_example_of_firebase_matches_and_another_password_does_not() {
        let hash = FirebaseScrypt::parse(&parameters().stored(SALT, HASH)).unwrap();
        assert!(hash.matches(b"user1password").unwrap());
        assert!(!hash.matches(b"user2password").unwrap());
    }

    #[test]
    fn costs_above_the_cap_and_broken_texts_are_refused() {
        let stored = parameters().stored(SALT, HASH);
        let error = |text: &str| FirebaseScrypt::parse(text).err();
        for above in [":14:64:", ":17:8:", ":31:8:", ":999:8:", ":14:4294967295:"] {
            let text = stored.replace(":14:8:", above);
            assert_eq!(error(&text), Some(StoredHashError::AboveCap), "{above}");
        }
        let cut = &stored[..stored.len() - 8];
        assert_eq!(error(cut), Some(StoredHashError::Unreadable));
        assert!(FirebaseParameters::new("AA==", "Bw==", 8, 14).is_err());
        assert!(FirebaseParameters::new("!", "Bw==", 8, 14).is_err());
    }
}
