//! Cursors: the position where a page ended, with a MAC, so that a client can return it but not forge it.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::filter::NamePrefix;
use crate::store::RowPosition;

/// The first byte of a cursor in a list by time of creation.
const CREATED: u8 = 1;

/// The first byte of a cursor in a list by name.
const NAME: u8 = 2;

/// The first byte of a cursor in a list by name where the name has more than 255 bytes: its length takes two bytes.
/// Shorter ones keep their form, so that replicas of two versions accept each other's cursors.
const LONG_NAME: u8 = 3;

/// Bytes kept of the MAC: 128 bits.
const MAC_BYTES: usize = 16;

/// The kind (1), the time (8) and the length of the id (1).
const CREATED_HEAD_BYTES: usize = 1 + 8 + 1;

/// Domain separation: the same secret used elsewhere gives a different key.
const PURPOSE: &[u8] = b"users-api list cursor";

/// Signs and verifies cursors. Replicas with the same key accept each other's cursors.
#[derive(Clone, Debug)]
pub struct CursorSigner(hmac::Key);

impl CursorSigner {
    /// The key made from a secret, for lists of what `context` names.
    pub fn derive(secret: &[u8], context: &str) -> Self {
        let mut extract = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
        extract.update(PURPOSE);
        extract.update(&[0]);
        extract.update(context.as_bytes());
        Self(hmac::Key::new(hmac::HMAC_SHA256, extract.sign().as_ref()))
    }

    /// The cursor for the users after this position, in the list with this filter.
    pub fn sign(&self, position: &RowPosition, filter: Option<&NamePrefix>) -> String {
        let mut bytes = encode(position);
        let mac = self.mac(&bytes, filter);
        bytes.extend_from_slice(&mac.as_ref()[..MAC_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position in a cursor. `None` if its MAC is wrong: it was forged, or made for another filter or with another
    /// secret.
    pub fn verify(&self, cursor: &str, filter: Option<&NamePrefix>) -> Option<RowPosition> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (body, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        let expected = self.mac(body, filter);
        verify_slices_are_equal(mac, &expected.as_ref()[..MAC_BYTES]).ok()?;
        decode(body)
    }

    /// The body contains its length, so the filter after it cannot be taken for a part of it.
    fn mac(&self, body: &[u8], filter: Option<&NamePrefix>) -> hmac::Tag {
        let mut mac = hmac::Context::with_key(&self.0);
        mac.update(body);
        if let Some(prefix) = filter {
            mac.update(prefix.as_str().as_bytes());
        }
        mac.sign()
    }
}

/// The canonical form of 64 characters has up to some hundred bytes; an id has 36. For text that is longer than its
/// length can say (no user has one) the cursor fails to verify.
fn encode(position: &RowPosition) -> Vec<u8> {
    let short = |text: &str| u8::try_from(text.len()).unwrap_or(u8::MAX);
    let (head, text) = match position {
        RowPosition::ByCreation { created_at, id } => {
            ([&[CREATED][..], &created_at.to_be_bytes(), &[short(id)]].concat(), id)
        }
        RowPosition::ByName(name) if name.len() > usize::from(u8::MAX) => {
            let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
            ([&[LONG_NAME][..], &length.to_be_bytes()].concat(), name)
        }
        RowPosition::ByName(name) => (vec![NAME, short(name)], name),
    };
    [&head[..], text.as_bytes()].concat()
}

fn decode(body: &[u8]) -> Option<RowPosition> {
    let text = |length: u16, bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).ok()?;
        (usize::from(length) == text.len()).then(|| text.to_owned())
    };
    match body {
        [NAME, length, name @ ..] => Some(RowPosition::ByName(text((*length).into(), name)?)),
        [LONG_NAME, high, low, name @ ..] => {
            Some(RowPosition::ByName(text(u16::from_be_bytes([*high, *low]), name)?))
        }
        [CREATED, ..] => {
            let ([_, time @ .., length], id) = body.split_first_chunk::<CREATED_HEAD_BYTES>()?;
            let created_at = i64::from_be_bytes(*time);
            Some(RowPosition::ByCreation { created_at, id: text((*length).into(), id)? })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> CursorSigner {
        CursorSigner::derive(b"a secret", "http://127.0.0.1:8080")
    }

    fn position() -> RowPosition {
        let id = "0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11".to_owned();
        RowPosition::ByCreation { created_at: 1_700_000_000_000_042, id }
    }

    fn prefix(text: &str) -> Option<NamePrefix> {
        NamePrefix::parse(text).unwrap()
    }

    #[test]
    fn a_cursor_is_valid_with_the_key_that_made_it() {
        for filter in [None, prefix("an")] {
            for place in [position(), RowPosition::ByName("aña".to_owned())] {
                let cursor = key().sign(&place, filter.as_ref());
                assert_eq!(key().verify(&cursor, filter.as_ref()), Some(place));
            }
        }
    }

    #[test]
    fn a_cursor_holds_a_name_of_any_length() {
        // The canonical form of 64 times U+1F84 has 320 bytes.
        for bytes in [0, 1, 254, 255, 256, 320, 65_535] {
            let place = RowPosition::ByName("a".repeat(bytes));
            let cursor = key().sign(&place, None);
            assert_eq!(key().verify(&cursor, None), Some(place), "{bytes}");
        }
    }

    #[test]
    fn a_cursor_is_not_valid_under_another_filter() {
        let cursor = key().sign(&position(), prefix("an").as_ref());
        assert_eq!(key().verify(&cursor, None), None);
        assert_eq!(key().verify(&cursor, prefix("ana").as_ref()), None);
        let cursor = key().sign(&position(), None);
        assert_eq!(key().verify(&cursor, prefix("an").as_ref()), None);
    }

    #[test]
    fn a_cursor_of_another_secret_or_context_is_not_valid() {
        let cursor = key().sign(&position(), None);
        for other in [("another", "http://127.0.0.1:8080"), ("a secret", "http://elsewhere")] {
            assert_eq!(
                CursorSigner::derive(other.0.as_bytes(), other.1).verify(&cursor, None),
                None
            );
        }
    }

    #[test]
    fn no_flipped_bit_and_no_missing_or_added_character_is_valid() {
        let cursor = key().sign(&position(), None);
        let bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key().verify(&URL_SAFE_NO_PAD.encode(flipped), None), None, "bit {bit}");
        }
        for at in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(key().verify(&changed, None), None, "character {at}");
            assert_eq!(key().verify(&cursor[..at], None), None, "cut at {at}");
        }
        for odd in
            [format!("{cursor}A"), format!("{cursor}="), format!(" {cursor}"), "é".to_owned()]
        {
            assert_eq!(key().verify(&odd, None), None, "{odd}");
        }
    }
}
