//! Hexadecimal digits and Base64, in the forms that other systems use.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose},
};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    // bcrypt's salt and tag do not end at a byte boundary, and some programs leave bits set there.
    .with_decode_allow_trailing_bits(true);

const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
const BCRYPT: GeneralPurpose = GeneralPurpose::new(&alphabet::BCRYPT, LENIENT);

/// Hexadecimal digits in either case.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

/// Base64 in the usual or the URL-safe alphabet, with or without padding.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let url_safe = text.contains(['-', '_']);
    if url_safe { URL_SAFE.decode(text) } else { STANDARD.decode(text) }.ok()
}

/// URL-safe Base64 without padding.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// passlib's Base64: a dot instead of the plus sign, no padding.
pub(super) fn from_passlib_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.replace('.', "+")).ok()
}

/// bcrypt's Base64.
pub(super) fn from_bcrypt_base64(text: &str) -> Option<Vec<u8>> {
    BCRYPT.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_of_either_case_are_read_and_nothing_else() {
        assert_eq!(from_hex("00fFA7"), Some(vec![0, 0xff, 0xa7]));
        assert_eq!(from_hex(""), Some(vec![]));
        for bad in ["0", "0g", "+1", "é"] {
            assert_eq!(from_hex(bad), None, "{bad}");
        }
    }

    #[test]
    fn each_kind_of_base64_gives_the_same_bytes() {
        let bytes = [0xfb, 0xff, 0xfe, 0x01];
        for text in ["+//+AQ==", "+//+AQ", "-__-AQ==", "-__-AQ"] {
            assert_eq!(from_base64(text).as_deref(), Some(&bytes[..]), "{text}");
        }
        assert_eq!(from_passlib_base64(".//.AQ").as_deref(), Some(&bytes[..]));
        assert_eq!(from_base64(&to_base64(&bytes)).as_deref(), Some(&bytes[..]));
        assert_eq!(from_base64("a b"), None);
    }
}
