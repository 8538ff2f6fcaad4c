//! The hash functions that other systems use.

use aws_lc_rs::{digest, hmac, pbkdf2};
use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum HashFunction {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl HashFunction {
    /// Finds the function by its name in Python and Django.
    pub(in super::super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "md5" => Self::Md5,
            "sha1" => Self::Sha1,
            "sha256" => Self::Sha256,
            "sha384" => Self::Sha384,
            "sha512" => Self::Sha512,
            _ => return None,
        })
    }

    /// Its name.
    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Bytes of its output.
    pub(in super::super) fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The hash of these parts, one after the other.
    pub(in super::super) fn hash(self, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
        let Some(algorithm) = self.algorithm() else {
            let mut md5 = Md5::new();
            parts.iter().for_each(|part| md5.update(part));
            return Zeroizing::new(md5.finalize().to_vec());
        };
        let mut context = digest::Context::new(algorithm);
        parts.iter().for_each(|part| context.update(part));
        Zeroizing::new(context.finish().as_ref().to_vec())
    }

    /// HMAC (RFC 2104) with this function.
    pub(in super::super) fn hmac(self, key: &[u8], message: &[u8]) -> Zeroizing<Vec<u8>> {
        let algorithm = match self {
            Self::Md5 => return self.hmac_of_md5(key, message),
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        };
        let key = hmac::Key::new(algorithm, key);
        Zeroizing::new(hmac::sign(&key, message).as_ref().to_vec())
    }

    /// aws-lc-rs has no MD5.
    fn hmac_of_md5(self, key: &[u8], message: &[u8]) -> Zeroizing<Vec<u8>> {
        const BLOCK: usize = 64;
        let mut block = Zeroizing::new([0; BLOCK]);
        let short =
            if key.len() > BLOCK { self.hash(&[key]) } else { Zeroizing::new(key.to_vec()) };
        for (byte, key) in block.iter_mut().zip(short.iter()) {
            *byte = *key;
        }
        let padded = |pad: u8| Zeroizing::new(block.map(|byte| byte ^ pad));
        let inner = self.hash(&[padded(0x36).as_slice(), message]);
        self.hash(&[padded(0x5c).as_slice(), &inner])
    }

    /// PBKDF2 (RFC 8018) with HMAC of this function. `None` for MD5: no known system used that.
    pub(super) fn pbkdf2(self) -> Option<pbkdf2::Algorithm> {
        match self {
            Self::Md5 => None,
            Self::Sha1 => Some(pbkdf2::PBKDF2_HMAC_SHA1),
            Self::Sha256 => Some(pbkdf2::PBKDF2_HMAC_SHA256),
            Self::Sha384 => Some(pbkdf2::PBKDF2_HMAC_SHA384),
            Self::Sha512 => Some(pbkdf2::PBKDF2_HMAC_SHA512),
        }
    }

    fn algorithm(self) -> Option<&'static digest::Algorithm> {
        match self {
            Self::Md5 => None,
            Self::Sha1 => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            Self::Sha256 => Some(&digest::SHA256),
            Self::Sha384 => Some(&digest::SHA384),
            Self::Sha512 => Some(&digest::SHA512),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::hashing::foreign::encoding::from_hex;

    #[test]
    fn hashes_and_hmacs_are_those_of_the_standards() {
        let abc = HashFunction::Md5.hash(&[b"a", b"bc"]);
        assert_eq!(*abc, from_hex("900150983cd24fb0d6963f7d28e17f72").unwrap());
        let abc = HashFunction::Sha1.hash(&[b"abc"]);
        assert_eq!(*abc, from_hex("a9993e364706816aba3e25717850c26c9cd0d89d").unwrap());
        // RFC 2202, cases 2 and 6.
        let short = HashFunction::Md5.hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(*short, from_hex("750c783e6ab0b503eaa86e310a5db738").unwrap());
        let message = b"Test Using Larger Than Block-Size Key - Hash Key First";
        let long = HashFunction::Md5.hmac(&[0xaa; 80], message);
        assert_eq!(*long, from_hex("6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd").unwrap());
        for function in [HashFunction::Sha1, HashFunction::Sha256, HashFunction::Sha512] {
            assert_eq!(function.hmac(b"key", b"message").len(), function.length());
            assert_eq!(HashFunction::from_name(function.name()), Some(function));
        }
    }
}
