//! A key that signs tokens: RS256 (RFC 7518 section 3.3) over compact JWS (RFC 7515).

mod pem;

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use serde::Serialize;
use zeroize::Zeroizing;

/// The only supported public exponent: 65537, big-endian.
const EXPONENT: [u8; 3] = [1, 0, 1];
/// The same, as written in a JWK.
pub(super) const EXPONENT_BASE64URL: &str = "AQAB";
/// The supported sizes, in bits of the modulus.
const BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// Why a key cannot be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// Keys are made with 2048, 3072 or 4096 bits.
    #[error("unsupported key size {0}: use 2048, 3072 or 4096 bits")]
    UnknownSize(usize),
    /// The key could not be made or encoded.
    #[error("the key could not be made: {0}")]
    Generation(String),
    /// The text is not a PEM file with an unencrypted PKCS#8 private key.
    #[error("not a PKCS#8 private key in PEM (\"BEGIN PRIVATE KEY\"): {0}")]
    NotPkcs8Pem(&'static str),
    /// The key is not an RSA key, or its numbers are inconsistent or out of range.
    #[error("not an RSA private key that can sign: {0}")]
    Rejected(String),
    /// The modulus has fewer than 2048 or more than 4096 bits.
    #[error("RSA keys must have 2048 to 4096 bits, this one has {0}")]
    Size(usize),
    /// The public exponent is not 65537.
    #[error("an RSA key whose public exponent is not 65537 is refused")]
    Exponent,
    /// The claims could not be written as JSON.
    #[error("the claims cannot be written as JSON")]
    Claims(#[source] serde_json::Error),
    /// The signature could not be computed.
    #[error("signing failed")]
    Signing,
}

/// An RSA key pair, parsed once and kept. `Debug` shows its `kid` and nothing else.
pub struct SigningKey {
    pair: RsaKeyPair,
    kid: String,
    modulus: String,
}

impl SigningKey {
    /// Makes a key of 2048, 3072 or 4096 bits and returns it with its PKCS#8 PEM text.
    ///
    /// Takes from a tenth of a second to many seconds, so it must not run on an async worker thread.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError::UnknownSize`], or [`SigningKeyError::Generation`] without randomness.
    pub fn generate_pem(bits: usize) -> Result<Zeroizing<String>, SigningKeyError> {
        if ![2048, 3072, 4096].contains(&bits) {
            return Err(SigningKeyError::UnknownSize(bits));
        }
        // `rsa` makes and encodes keys and does nothing else here: its private-key operations
        // have an open timing advisory (RUSTSEC-2023-0071).
        let made = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, bits)
            .map_err(|error| SigningKeyError::Generation(error.to_string()))?;
        made.to_pkcs8_pem(LineEnding::LF)
            .map_err(|error| SigningKeyError::Generation(error.to_string()))
    }

    /// Reads a PKCS#8 PEM text (RFC 7468 section 10).
    ///
    /// # Errors
    ///
    /// Anything but an unencrypted RSA key of 2048 to 4096 bits with the exponent 65537 whose
    /// signature verifies.
    pub fn from_pem(pem: &str) -> Result<Self, SigningKeyError> {
        let der = pem::decode(pem).map_err(SigningKeyError::NotPkcs8Pem)?;
        let pair = RsaKeyPair::from_pkcs8(der.as_bytes()).map_err(|error| {
            SigningKeyError::Rejected(match error.to_string().as_str() {
                "TooSmall" => "fewer than 2048 bits".to_owned(),
                "PayloadTooLarge" => "more than 4096 bits".to_owned(),
                "WrongAlgorithm" => "it is a key for another algorithm".to_owned(),
                "InvalidEncoding" => "its content is damaged".to_owned(),
                other => other.to_owned(),
            })
        })?;
        let public = rsa::pkcs1::RsaPublicKey::try_from(pair.public_key().as_ref())
            .map_err(|error| SigningKeyError::Rejected(error.to_string()))?;
        let modulus = public.modulus.as_bytes();
        let bits = 8 * modulus.len() - modulus.first().map_or(0, |b| b.leading_zeros() as usize);
        if !BITS.contains(&bits) {
            return Err(SigningKeyError::Size(bits));
        }
        if public.public_exponent.as_bytes() != EXPONENT {
            return Err(SigningKeyError::Exponent);
        }
        let kid = claims::thumbprint(modulus, &EXPONENT);
        let key = Self { kid, modulus: URL_SAFE_NO_PAD.encode(modulus), pair };
        key.self_test()?;
        Ok(key)
    }

    /// The key's id: its JWK thumbprint with SHA-256 (RFC 7638), base64url.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The modulus, the `n` of a JWK: base64url of big-endian bytes without leading zeros (RFC 7518 section 6.3.1).
    pub fn modulus(&self) -> &str {
        &self.modulus
    }

    /// Signs claims as a compact JWS whose header is `{"alg":"RS256","typ":…,"kid":…}`.
    ///
    /// Equal claims give equal bytes: RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2) uses no randomness.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError::Claims`] if they cannot be written as JSON, [`SigningKeyError::Signing`].
    pub fn sign_jws(&self, typ: &str, claims: &impl Serialize) -> Result<String, SigningKeyError> {
        let header = Header { alg: "RS256", typ, kid: &self.kid };
        let header = serde_json::to_vec(&header).map_err(SigningKeyError::Claims)?;
        let claims = serde_json::to_vec(claims).map_err(SigningKeyError::Claims)?;
        let mut jws = URL_SAFE_NO_PAD.encode(header);
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut jws);
        let signature = self.signature(jws.as_bytes())?;
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut jws);
        Ok(jws)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, SigningKeyError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| SigningKeyError::Signing)?;
        Ok(signature)
    }

    /// Signs and verifies once, so that a broken key is found at the start and not at the first log-in.
    fn self_test(&self) -> Result<(), SigningKeyError> {
        let message = b"authpair: this key signs";
        let signature = self.signature(message)?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref())
            .verify(message, &signature)
            .map_err(|_| SigningKeyError::Rejected("its signature does not verify".to_owned()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// The header, its members in the order in which they are written.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'a str,
    kid: &'a str,
}

#[cfg(test)]
mod tests;
