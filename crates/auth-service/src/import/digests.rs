//! Short digests of values. They show whether a row or an account has changed since an import.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Bytes of a digest: enough to see that a value changed, too few to find the value.
const DIGEST_BYTES: usize = 8;

/// Makes short digests with a key that is not in the database. Without a key, the digest of a row would show whether a
/// guessed password has its weak hash.
#[derive(Clone)]
pub struct Digests(hmac::Key);

impl Digests {
    /// Uses this key.
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// A short digest of some values. A missing value differs from an empty one.
    pub(super) fn of(&self, values: &[Option<&str>]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for value in values {
            let (tag, value) = value.map_or(("0", ""), |value| ("1", value));
            context.update(tag.as_bytes());
            context.update(&(value.len() as u64).to_be_bytes());
            context.update(value.as_bytes());
        }
        let full = context.sign();
        URL_SAFE_NO_PAD.encode(full.as_ref().get(..DIGEST_BYTES).unwrap_or_default())
    }
}
