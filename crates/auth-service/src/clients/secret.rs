//! What a service account proves itself with.

use std::fmt;

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
    error::Unspecified,
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// Bytes of randomness in a secret of ours.
const BYTES: usize = 32;

/// As long as a hash, so that comparing with it takes as long.
const NOBODYS_HASH: &str = "-------------------------------------------";

/// A secret, as a service account presents it. It does not print.
#[derive(Clone)]
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    /// A new one: 256 random bits, base64url.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn generate() -> Result<Self, Unspecified> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        rand::fill(bytes.as_mut())?;
        Ok(Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref()))))
    }

    /// Reads a secret that a caller sent.
    pub fn presented(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, to be shown once.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it: SHA-256, base64url.
    ///
    /// A password needs a slow hash because people choose few different ones. This is 256 random bits: nobody
    /// can try them, however fast the hash; and a slow one would only cost each call of a service 5 ms of a core.
    pub fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.0.as_bytes()))
    }

    /// Whether this is the secret that was stored. Takes the same time wherever they differ, and if there is
    /// none (`None`), which nothing matches.
    pub fn matches(&self, stored: Option<&str>) -> bool {
        let compared = stored.unwrap_or(NOBODYS_HASH).as_bytes();
        verify_slices_are_equal(self.hash().as_bytes(), compared).is_ok() && stored.is_some()
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_matches_its_own_hash_and_no_other() {
        let (one, other) = (ClientSecret::generate().unwrap(), ClientSecret::generate().unwrap());
        assert!(one.matches(Some(&one.hash())));
        assert!(!one.matches(Some(&other.hash())));
        assert!(!one.matches(None));
        assert!(!one.matches(Some("")));
        assert!(!ClientSecret::presented(one.hash()).matches(Some(&one.hash())));
    }

    #[test]
    fn a_secret_is_256_bits_of_base64url_and_does_not_print() {
        let secret = ClientSecret::generate().unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(secret.expose()).unwrap().len(), BYTES);
        assert_eq!(format!("{secret:?}"), "ClientSecret");
    }

    #[test]
    fn nobodys_hash_is_as_long_as_anybodys() {
        assert_eq!(NOBODYS_HASH.len(), ClientSecret::presented(String::new()).hash().len());
    }
}
