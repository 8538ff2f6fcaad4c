//! Cursors: where a page ended, sealed so that a client can hand it back but not make one up.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::filter::NamePrefix;
use crate::store::PageKey;

/// The first byte of a cursor in a list by time of creation.
const CREATED: u8 = 1;

/// The first byte of a cursor in a list by name.
const NAME: u8 = 2;

/// Bytes kept of the seal: 128 bits.
const SEAL_BYTES: usize = 16;

/// Kind and time before the length of the id.
const CREATED_HEAD_BYTES: usize = 1 + 8 + 1;

/// What the key is for, so that a secret used elsewhere too makes another key here.
const PURPOSE: &[u8] = b"users-api list cursor";

/// Seals and opens cursors. Replicas with one key take each other's.
#[derive(Clone, Debug)]
pub struct CursorKey(hmac::Key);

impl CursorKey {
    /// The key made from a secret, for lists of what `context` names.
    pub fn derive(secret: &[u8], context: &str) -> Self {
        let mut extract = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
        extract.update(PURPOSE);
        extract.update(&[0]);
        extract.update(context.as_bytes());
        Self(hmac::Key::new(hmac::HMAC_SHA256, extract.sign().as_ref()))
    }

    /// The cursor to what comes after this key, in the list with this filter.
    pub fn seal(&self, key: &PageKey, filter: Option<&NamePrefix>) -> String {
        let mut bytes = encode(key);
        let seal = self.seal_of(&bytes, filter);
        bytes.extend_from_slice(&seal.as_ref()[..SEAL_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The key in a cursor; `None` if we did not make it, or made it for another filter.
    pub fn open(&self, cursor: &str, filter: Option<&NamePrefix>) -> Option<PageKey> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (body, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL_BYTES)?)?;
        let expected = self.seal_of(body, filter);
        verify_slices_are_equal(seal, &expected.as_ref()[..SEAL_BYTES]).ok()?;
        decode(body)
    }

    /// The body has its length in it, so the filter behind it cannot be taken for a part of it.
    fn seal_of(&self, body: &[u8], filter: Option<&NamePrefix>) -> hmac::Tag {
        let mut seal = hmac::Context::with_key(&self.0);
        seal.update(body);
        if let Some(prefix) = filter {
            seal.update(prefix.as_str().as_bytes());
        }
        seal.sign()
    }
}

/// An id or name over 255 bytes, which no user has, makes a cursor that does not open.
fn encode(key: &PageKey) -> Vec<u8> {
    let (head, text) = match key {
        PageKey::Created { created_at, id } => {
            ([&[CREATED][..], &created_at.to_be_bytes()].concat(), id)
        }
        PageKey::Name(name) => (vec![NAME], name),
    };
    let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
    [&head[..], &[length], text.as_bytes()].concat()
}

fn decode(body: &[u8]) -> Option<PageKey> {
    let text = |length: u8, bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).ok()?;
        (usize::from(length) == text.len()).then(|| text.to_owned())
    };
    match body {
        [NAME, length, name @ ..] => Some(PageKey::Name(text(*length, name)?)),
        [CREATED, ..] => {
            let ([_, time @ .., length], id) = body.split_first_chunk::<CREATED_HEAD_BYTES>()?;
            let created_at = i64::from_be_bytes(*time);
            Some(PageKey::Created { created_at, id: text(*length, id)? })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> CursorKey {
        CursorKey::derive(b"a secret", "http://127.0.0.1:8080")
    }

    fn place() -> PageKey {
        let id = "0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11".to_owned();
        PageKey::Created { created_at: 1_700_000_000_000_042, id }
    }

    fn prefix(text: &str) -> Option<NamePrefix> {
        NamePrefix::parse(text).unwrap()
    }

    #[test]
    fn a_cursor_opens_to_the_key_it_was_made_for() {
        for filter in [None, prefix("an")] {
            for place in [place(), PageKey::Name("aña".to_owned())] {
                let cursor = key().seal(&place, filter.as_ref());
                assert_eq!(key().open(&cursor, filter.as_ref()), Some(place));
            }
        }
    }

    #[test]
    fn a_cursor_does_not_open_under_another_filter() {
        let cursor = key().seal(&place(), prefix("an").as_ref());
        assert_eq!(key().open(&cursor, None), None);
        assert_eq!(key().open(&cursor, prefix("ana").as_ref()), None);
        let cursor = key().seal(&place(), None);
        assert_eq!(key().open(&cursor, prefix("an").as_ref()), None);
    }

    #[test]
    fn a_cursor_of_another_secret_or_context_does_not_open() {
        let cursor = key().seal(&place(), None);
        for other in [("another", "http://127.0.0.1:8080"), ("a secret", "http://elsewhere")] {
            assert_eq!(CursorKey::derive(other.0.as_bytes(), other.1).open(&cursor, None), None);
        }
    }

    #[test]
    fn no_flipped_bit_and_no_missing_or_added_character_opens() {
        let cursor = key().seal(&place(), None);
        let bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key().open(&URL_SAFE_NO_PAD.encode(flipped), None), None, "bit {bit}");
        }
        for at in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(key().open(&changed, None), None, "character {at}");
            assert_eq!(key().open(&cursor[..at], None), None, "cut at {at}");
        }
        for odd in
            [format!("{cursor}A"), format!("{cursor}="), format!(" {cursor}"), "é".to_owned()]
        {
            assert_eq!(key().open(&odd, None), None, "{odd}");
        }
    }
}
