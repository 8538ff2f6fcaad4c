//! The key with which the old application signed: an HS256 secret, or the RSA keys of a key set.

use std::{collections::BTreeSet, fmt};

use aws_lc_rs::{
    hmac,
    signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use claims::JwkSet;
use secrecy::{ExposeSecret, SecretString};

/// Fewest bytes of a secret (RFC 7518 section 3.2).
const MIN_SECRET_LEN: usize = 32;
/// Fewest different bytes of a secret.
const MIN_DISTINCT: usize = 8;
/// Most keys of a set.
const MAX_KEYS: usize = 16;
/// Bytes of a modulus: 2048 to 8192 bits.
const MODULUS_LEN: std::ops::RangeInclusive<usize> = 256..=1024;

/// Secrets of examples and tutorials with 32 bytes or more, in lower case. Everybody can sign with them.
const EXAMPLE_SECRETS: [&str; 8] = [
    "a-string-secret-at-least-256-bits-long",
    "your-256-bit-secret-your-256-bit-secret",
    "your-secret-key-must-be-at-least-32-characters",
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "this-is-a-very-long-secret-key-for-jwt",
    "supersecretkeysupersecretkeysupersecretkey",
    "thisisasecretkeythisisasecretkey",
    "changemechangemechangemechangeme",
];

/// What signatures are checked with. The settings choose it, never a token.
#[derive(Clone)]
pub enum LegacyKey {
    /// HS256.
    Secret(SecretString),
    /// RS256.
    Rsa(Vec<RsaKey>),
}

/// An RSA key of the old application.
#[derive(Clone, Debug)]
pub struct RsaKey {
    kid: Option<String>,
    n: Vec<u8>,
    e: Vec<u8>,
}

impl fmt::Debug for LegacyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LegacyKey(***)")
    }
}

impl LegacyKey {
    /// Takes a secret.
    ///
    /// # Errors
    /// If it is short, simple, or known from examples.
    pub fn from_secret(secret: SecretString) -> Result<Self, &'static str> {
        let text = secret.expose_secret();
        let distinct: BTreeSet<u8> = text.bytes().collect();
        let lower = text.to_ascii_lowercase();
        if text.len() < MIN_SECRET_LEN {
            return Err("has fewer than 32 bytes: tokens that it signs can be forged");
        }
        let is_example = EXAMPLE_SECRETS.contains(&lower.as_str())
            || lower.contains("changeme")
            || lower.contains("change-me")
            || lower.contains("super-secret");
        if distinct.len() < MIN_DISTINCT || is_example {
            return Err("is simple or known from examples: tokens that it signs can be forged");
        }
        Ok(Self::Secret(secret))
    }

    /// Reads a key set (RFC 7517).
    ///
    /// # Errors
    /// If it holds no usable RSA key, or too many keys.
    pub fn from_jwks(json: &[u8]) -> Result<Self, &'static str> {
        let set: JwkSet = serde_json::from_slice(json).map_err(|_| "is no JWK Set of RSA keys")?;
        if set.keys.len() > MAX_KEYS {
            return Err("holds more than 16 keys");
        }
        let keys = set.keys.into_iter().filter_map(|jwk| {
            let is_for_tokens = jwk.kty == "RSA"
                && jwk.use_.as_deref().is_none_or(|use_| use_ == "sig")
                && jwk.alg.as_deref().is_none_or(|alg| alg == "RS256");
            let number = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
            let (n, e) = (number(jwk.n)?, number(jwk.e)?);
            let is_strong = MODULUS_LEN.contains(&n.len()) && e == [1, 0, 1];
            (is_for_tokens && is_strong).then_some(RsaKey { kid: jwk.kid, n, e })
        });
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() {
            Err("holds no RSA key for RS256 of 2048 bits or more")
        } else {
            Ok(Self::Rsa(keys))
        }
    }

    /// The `alg` that tokens must have.
    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Secret(_) => "HS256",
            Self::Rsa(_) => "RS256",
        }
    }

    /// Whether `signature` is this key's signature of a text.
    pub(super) fn verifies(&self, kid: Option<&str>, signed: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Secret(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
                hmac::verify(&key, signed, signature).is_ok()
            }
            Self::Rsa(keys) => {
                let named = |key: &&RsaKey| kid.is_none() || key.kid.as_deref() == kid;
                keys.iter().filter(named).any(|key| {
                    let public = RsaPublicKeyComponents { n: &key.n, e: &key.e };
                    public.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_that_others_know_or_can_guess_are_rejected() {
        let is_rejected = |text: &str| LegacyKey::from_secret(text.to_owned().into()).is_err();
        for weak in [
            "",
            "super-secret",
            "aef4a84f6a4f856a8f",
            &"a".repeat(64),
            &"ab".repeat(32),
            "super-secret-super-secret-super-secret",
            "A-String-Secret-At-Least-256-Bits-Long",
            "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
            "ChangeMe-0123456789-0123456789-0123456789",
        ] {
            assert!(is_rejected(weak), "{weak}");
        }
        assert!(!is_rejected("q8Zr3Wm5Tn1Yp6Xc4Vb2Nk7Lj9Hg0Fd3"));
    }

    #[test]
    fn a_key_set_without_a_strong_rsa_key_is_rejected() {
        for json in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#] {
            assert!(LegacyKey::from_jwks(json.as_bytes()).is_err(), "{json}");
        }
    }
}
