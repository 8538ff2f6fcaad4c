//! The tokens whose signature one key has already verified.

use std::sync::{Mutex, OnceLock, PoisonError};

use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};

/// How many tokens a key remembers: 4,096 × (32 bytes + mutex), allocated with the first token.
const SLOTS: usize = 4096;

/// The SHA-256 of a token.
pub(crate) type TokenDigest = [u8; SHA256_OUTPUT_LEN];

/// Remembers tokens whose signature this key has verified, so that the RSA operation runs once per token and not once
/// per call.
///
/// A good signature stays good. Expiry and revocation may change, and are checked at each call. Bad signatures are not
/// remembered. The cache belongs to its key and is dropped with it. A newer token replaces an older one in the same
/// slot; the older one is then verified again.
#[derive(Default)]
pub(crate) struct SignatureCache(OnceLock<Box<[Mutex<Option<TokenDigest>>]>>);

impl SignatureCache {
    /// Whether this token's signature was found good.
    pub(crate) fn contains(&self, token: &TokenDigest) -> bool {
        let Some(slots) = self.0.get() else { return false };
        *slot_of(slots, token).lock().unwrap_or_else(PoisonError::into_inner) == Some(*token)
    }

    /// Remembers a token. Only call this after its signature was verified.
    pub(crate) fn remember(&self, token: TokenDigest) {
        let slots = self.0.get_or_init(|| (0..SLOTS).map(|_| Mutex::default()).collect());
        *slot_of(slots, &token).lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
    }
}

fn slot_of<'a>(
    slots: &'a [Mutex<Option<TokenDigest>>],
    token: &TokenDigest,
) -> &'a Mutex<Option<TokenDigest>> {
    &slots[usize::from(u16::from_le_bytes([token[0], token[1]])) % SLOTS]
}

/// The digest of a token in its two parts as they were sent, content and signature. The content has one dot and the
/// signature none, so two different tokens never give the same bytes.
pub(crate) fn digest(signed: &[u8], signature: &[u8]) -> TokenDigest {
    let mut context = Context::new(&SHA256);
    context.update(signed);
    context.update(b".");
    context.update(signature);
    let mut digest = [0; SHA256_OUTPUT_LEN];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_remembered_is_known() {
        let cache = SignatureCache::default();
        let (one, other) = (digest(b"a.b", b"c"), digest(b"a.b", b"d"));
        assert!(!cache.contains(&one));
        cache.remember(one);
        assert!(cache.contains(&one) && !cache.contains(&other));
    }

    #[test]
    fn a_newer_token_in_the_same_slot_replaces_the_older() {
        let cache = SignatureCache::default();
        let (older, mut newer) = (digest(b"a.b", b"c"), digest(b"a.b", b"c"));
        newer[31] ^= 1;
        cache.remember(older);
        cache.remember(newer);
        assert!(cache.contains(&newer) && !cache.contains(&older));
    }

    #[test]
    fn the_dot_between_the_parts_counts() {
        assert_ne!(digest(b"a.b", b"cd"), digest(b"a.bc", b"d"));
    }
}
