//! JSON Web Keys as they go over the wire (RFC 7517), and their thumbprint (RFC 7638).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// A public RSA key as JSON. The private members have no field here, so it cannot leak them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// The key type (RFC 7517 §4.1); only `RSA` keys are used.
    pub kty: String,
    /// What the key is for (RFC 7517 §4.2): `sig`, or absent.
    #[serde(rename = "use", default, skip_serializing_if = "Option::is_none")]
    pub use_: Option<String>,
    /// The operations it is for, where they are limited (RFC 7517 §4.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_ops: Option<Vec<String>>,
    /// The algorithm it is for (RFC 7517 §4.4): `RS256`, or absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// The key's id (RFC 7517 §4.5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The modulus, base64url of big-endian bytes (RFC 7518 §6.3.1.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// The public exponent, in the same form (RFC 7518 §6.3.1.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
}

impl Jwk {
    /// The JWK of an RS256 signing key, named by its thumbprint.
    ///
    /// `n` and `e` are the modulus and the public exponent as big-endian bytes.
    #[must_use]
    pub fn rsa(n: &[u8], e: &[u8]) -> Self {
        Self {
            kty: "RSA".to_owned(),
            use_: Some("sig".to_owned()),
            key_ops: None,
            alg: Some("RS256".to_owned()),
            kid: Some(thumbprint(n, e)),
            n: Some(encode(n)),
            e: Some(encode(e)),
        }
    }
}

/// A JWK Set (RFC 7517 §5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

/// The RFC 7638 SHA-256 thumbprint of an RSA public key, base64url without padding.
///
/// `n` and `e` are the modulus and the public exponent as big-endian bytes.
#[must_use]
pub fn thumbprint(n: &[u8], e: &[u8]) -> String {
    let canonical = format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encode(e), encode(n));
    URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
}

/// Base64url without leading zero bytes, as RFC 7518 §6.3.1 demands.
fn encode(number: &[u8]) -> String {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    URL_SAFE_NO_PAD.encode(&number[zeros..])
}
