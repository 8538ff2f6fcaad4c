//! A key that verifies signatures, and the reasons why a key is not used.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{DecodeSliceError, Engine};
use serde_json::Value;

use crate::signature_cache::{SignatureCache, digest};
use crate::{Jwk, Rejection};

/// The smallest and the largest modulus, in bits. Larger ones would make each check slow.
const KEY_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;
/// The signature of the largest key has 512 bytes; the decoder needs some more to work.
const SIGNATURE_BUFFER: usize = 520;
const EXPONENT_65537: [u8; 3] = [1, 0, 1];

/// An RSA public key for RS256, parsed once. Cloning is cheap.
#[derive(Clone)]
pub struct VerifyingKey(Arc<KeyInner>);

struct KeyInner {
    kid: String,
    modulus: Box<[u8]>,
    key: ParsedPublicKey,
    signature_cache: SignatureCache,
}

/// Why a key is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not an object with the members of a JWK in their types.
    #[error("not a JSON Web Key")]
    Malformed,
    /// `kty` is not `RSA`.
    #[error("not an RSA key")]
    KeyType,
    /// `use`, `key_ops` or `alg` names something else than verifying RS256 signatures (RFC 7517 §4).
    #[error("not for RS256 signatures")]
    Purpose,
    /// It has no `kid`.
    #[error("no key id")]
    NoKeyId,
    /// `n` or `e` is missing or not strict base64url.
    #[error("modulus or exponent is malformed")]
    Encoding,
    /// The modulus is shorter than 2048 or longer than 4096 bits.
    #[error("modulus is not of 2048 to 4096 bits")]
    Size,
    /// The public exponent is not 65537.
    #[error("public exponent is not 65537")]
    Exponent,
    /// It has private members: every reader of the set can sign with it, so its signatures prove nothing.
    #[error("private key material is public")]
    Private,
}

impl VerifyingKey {
    /// Accepts an RSA key with e=65537 and 2048 to 4096 bits that has a `kid` and is meant for RS256
    /// signatures.
    ///
    /// # Errors
    /// The first of these conditions that does not hold.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        if jwk.kty != "RSA" {
            return Err(KeyError::KeyType);
        }
        check_purpose(jwk)?;
        let kid = jwk.kid.clone().filter(|kid| !kid.is_empty()).ok_or(KeyError::NoKeyId)?;
        let n = decode_number(jwk.n.as_deref())?;
        let e = decode_number(jwk.e.as_deref())?;
        if !KEY_BITS.contains(&bit_length(&n)) {
            return Err(KeyError::Size);
        }
        if e != EXPONENT_65537 {
            return Err(KeyError::Exponent);
        }
        let key = RsaPublicKeyComponents { n: &n, e: &e }
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .map_err(|_| KeyError::Encoding)?;
        let (modulus, signature_cache) = (n.into_boxed_slice(), SignatureCache::default());
        Ok(Self(Arc::new(KeyInner { kid, modulus, key, signature_cache })))
    }

    /// The key's id.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.0.kid
    }

    /// The size of the modulus in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        bit_length(&self.0.modulus)
    }

    /// Checks an RS256 signature, still in base64url, over `signed`.
    pub(crate) fn check_signature(&self, signed: &[u8], encoded: &[u8]) -> Result<(), Rejection> {
        let mut buffer = [0; SIGNATURE_BUFFER];
        let length = match URL_SAFE_NO_PAD.decode_slice(encoded, &mut buffer) {
            Ok(length) => length,
            Err(DecodeSliceError::OutputSliceTooSmall) => return Err(Rejection::BadSignature),
            Err(DecodeSliceError::DecodeError(_)) => return Err(Rejection::Malformed),
        };
        self.0.key.verify_sig(signed, &buffer[..length]).map_err(|_| Rejection::BadSignature)
    }

    /// The same, for a token that will be presented again: only its first good check costs an RSA operation.
    pub(crate) fn check_signature_cached(
        &self,
        signed: &[u8],
        encoded: &[u8],
    ) -> Result<(), Rejection> {
        let token = digest(signed, encoded);
        if !self.0.signature_cache.contains(&token) {
            self.check_signature(signed, encoded)?;
            self.0.signature_cache.remember(token);
        }
        Ok(())
    }

    /// The modulus. It is the whole key: all keys have the same exponent.
    pub(crate) fn modulus(&self) -> &[u8] {
        &self.0.modulus
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("kid", &self.0.kid)
            .field("bits", &self.bits())
            .finish()
    }
}

fn check_purpose(jwk: &Jwk) -> Result<(), KeyError> {
    let sig = jwk.use_.as_deref().is_none_or(|usage| usage == "sig");
    let rs256 = jwk.alg.as_deref().is_none_or(|alg| alg == "RS256");
    let verify = jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
    if sig && rs256 && verify { Ok(()) } else { Err(KeyError::Purpose) }
}

/// Big-endian bytes without leading zeros, as RFC 7518 §6.3.1 demands.
fn decode_number(text: Option<&str>) -> Result<Vec<u8>, KeyError> {
    let bytes =
        text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).ok_or(KeyError::Encoding)?;
    if bytes.first().is_none_or(|first| *first == 0) { Err(KeyError::Encoding) } else { Ok(bytes) }
}

fn bit_length(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

/// Reads one key of a fetched set.
pub(crate) fn read_key(value: Value) -> Result<VerifyingKey, KeyError> {
    if has_private_members(&value) {
        return Err(KeyError::Private);
    }
    let jwk: Jwk = serde_json::from_value(value).map_err(|_| KeyError::Malformed)?;
    VerifyingKey::from_jwk(&jwk)
}

/// The modulus of a key that is published with its private half. With that, everyone can sign for the modulus, whatever
/// `kid` or purpose the key has here or elsewhere.
pub(crate) fn leaked_modulus(key: &Value) -> Option<Vec<u8>> {
    let n = key.get("n").filter(|_| has_private_members(key))?.as_str()?;
    // Whoever publishes a private key may also write it loosely.
    let bytes = URL_SAFE_NO_PAD.decode(n.trim_end_matches('=')).ok()?;
    Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
}

fn has_private_members(key: &Value) -> bool {
    const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    PRIVATE.iter().any(|member| key.get(member).is_some())
}
