//! The key that signs the cursors of lists (HMAC). A cursor says where a page ended; a client can send one back, but
//! cannot make one.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use service_kit::unix_time::UnixMicros;
use uuid::Uuid;

use crate::store::audit::page::LogPosition;

/// Bytes of the signature (the HMAC's tag) that are kept: 128 bits.
const TAG_BYTES: usize = 16;

/// Bytes of the time before the id.
const TIME_BYTES: usize = 8;

/// Makes and reads signed cursors: of the audit log as a [`LogPosition`], of other lists as a text. All processes on one
/// database accept each other's cursors.
#[derive(Clone, Debug)]
pub(crate) struct CursorKey(hmac::Key);

impl CursorKey {
    /// The key for a secret that all processes share.
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The cursor for the entries after this position, in the list of that name. `None` if the position has no UUID.
    pub(crate) fn sign(&self, position: &LogPosition, list: &str) -> Option<String> {
        let mut bytes = position.at.as_i64().to_be_bytes().to_vec();
        bytes.extend_from_slice(Uuid::try_parse(&position.id).ok()?.as_bytes());
        let tag = self.tag_of(&bytes, list);
        bytes.extend_from_slice(tag.as_ref().get(..TAG_BYTES)?);
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The position in a cursor; `None` if we did not make it, or made it for another list.
    pub(crate) fn verify(&self, cursor: &str, list: &str) -> Option<LogPosition> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (body, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG_BYTES)?)?;
        let expected = self.tag_of(body, list);
        verify_slices_are_equal(tag, expected.as_ref().get(..TAG_BYTES)?).ok()?;
        let (at, id) = body.split_first_chunk::<TIME_BYTES>()?;
        Some(LogPosition {
            at: UnixMicros::new(i64::from_be_bytes(*at)),
            id: Uuid::from_slice(id).ok()?.to_string(),
        })
    }

    /// The cursor that holds this text, in the list of that name.
    pub(crate) fn sign_text(&self, text: &str, list: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        let tag = self.tag_of_text(text, list);
        bytes.extend(tag.as_ref().iter().take(TAG_BYTES));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The text in a cursor; `None` if we did not make it, or made it for another list.
    pub(crate) fn verify_text(&self, cursor: &str, list: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (text, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG_BYTES)?)?;
        let text = str::from_utf8(text).ok()?;
        let expected = self.tag_of_text(text, list);
        verify_slices_are_equal(tag, expected.as_ref().get(..TAG_BYTES)?).ok()?;
        Some(text.to_owned())
    }

    /// The length comes first, so that the name of the list after the text cannot be read as a part of the text.
    fn tag_of_text(&self, text: &str, list: &str) -> hmac::Tag {
        let mut tag = hmac::Context::with_key(&self.0);
        tag.update(format!("text {}\n", text.len()).as_bytes());
        tag.update(text.as_bytes());
        tag.update(list.as_bytes());
        tag.sign()
    }

    /// A position has a fixed length, so that the list's name after it cannot be read as a part of it.
    fn tag_of(&self, position: &[u8], list: &str) -> hmac::Tag {
        let mut tag = hmac::Context::with_key(&self.0);
        tag.update(position);
        tag.update(list.as_bytes());
        tag.sign()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position() -> LogPosition {
        let id = "0191c2f0-6f0c-7e44-9c3f-2f6f5d9c1a11".to_owned();
        LogPosition { at: UnixMicros::new(1_700_000_000_000_042), id }
    }

    #[test]
    fn a_cursor_gives_its_position_back_and_only_in_its_own_list_and_under_its_own_key() {
        let key = CursorKey::new(b"a secret");
        let cursor = key.sign(&position(), "activity of ana").unwrap();
        assert_eq!(key.verify(&cursor, "activity of ana"), Some(position()));
        assert_eq!(key.verify(&cursor, "activity of bob"), None);
        assert_eq!(CursorKey::new(b"another").verify(&cursor, "activity of ana"), None);
    }

    #[test]
    fn a_text_is_signed_for_its_list_and_the_name_of_a_list_cannot_be_read_as_text() {
        let key = CursorKey::new(b"a secret");
        let cursor = key.sign_text("nana", "list");
        assert_eq!(key.verify_text(&cursor, "list").as_deref(), Some("nana"));
        for (cursor, list) in [(cursor.as_str(), "other"), (&cursor[1..], "list"), ("", "list")] {
            assert_eq!(key.verify_text(cursor, list), None, "{cursor} {list}");
        }
        assert_eq!(key.verify_text(&key.sign_text("na", "nalist"), "list"), None);
        assert_eq!(key.verify(&key.sign_text(&"n".repeat(24), "list"), "list"), None);
    }

    #[test]
    fn no_flipped_bit_and_no_missing_or_added_character_is_accepted() {
        let key = CursorKey::new(b"a secret");
        let cursor = key.sign(&position(), "").unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.verify(&URL_SAFE_NO_PAD.encode(flipped), ""), None, "bit {bit}");
        }
        for cut in 0..cursor.len() {
            assert_eq!(key.verify(&cursor[..cut], ""), None, "cut at {cut}");
        }
        for odd in [format!("{cursor}A"), format!("{cursor}="), format!(" {cursor}"), "é".into()] {
            assert_eq!(key.verify(&odd, ""), None, "{odd}");
        }
    }
}
