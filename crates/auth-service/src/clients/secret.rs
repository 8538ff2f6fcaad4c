//! The secret of a service account.

use std::fmt;

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
    error::Unspecified,
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;

/// Compared if there is no stored hash. It is as long as a hash, so that the comparison takes the same time.
const DUMMY_HASH: &str = "-------------------------------------------";

/// The secret of a service account. `Debug` does not show it.
#[derive(Clone)]
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    /// Makes a new secret: 256 random bits, base64url.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate() -> Result<Self, Unspecified> {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        rand::fill(bytes.as_mut())?;
        Ok(Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref()))))
    }

    /// A secret that a client sent.
    pub fn received(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, to be shown once, when the secret is made.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The hash that is stored: SHA-256, base64url.
    ///
    /// A password needs a slow hash because people choose easy ones. A secret has 256 random bits, which cannot be
    /// guessed even with a fast hash; a slow hash would cost 5 ms of a core for each token request.
    pub fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.0.as_bytes()))
    }

    /// Whether this secret has the stored hash. `None` (there is no stored hash) never matches. The comparison always
    /// takes the same time.
    pub fn matches(&self, stored: Option<&str>) -> bool {
        let compared = stored.unwrap_or(DUMMY_HASH).as_bytes();
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
        assert!(!ClientSecret::received(one.hash()).matches(Some(&one.hash())));
    }

    #[test]
    fn a_secret_is_256_bits_of_base64url_and_does_not_print() {
        let secret = ClientSecret::generate().unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(secret.expose()).unwrap().len(), SECRET_BYTES);
        assert_eq!(format!("{secret:?}"), "ClientSecret");
    }

    #[test]
    fn the_dummy_hash_is_as_long_as_a_real_one() {
        assert_eq!(DUMMY_HASH.len(), ClientSecret::received(String::new()).hash().len());
    }
}
