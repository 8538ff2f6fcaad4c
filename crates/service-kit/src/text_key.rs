//! The key by which texts such as names are compared: all ways to write the same text have one key.
//!
//! A service that stores keys and one that searches by their beginning must both use this one function.

use std::borrow::Cow;

use precis_profiles::{UsernameCaseMapped, precis_core::profile::Rules};
use unicode_normalization::UnicodeNormalization;

/// How often the mapping is applied until it is stable (RFC 8264 §7).
const MAX_PASSES: usize = 4;

/// The key of a text: narrow letters (RFC 8265 §3.3), folded case, composed (NFC). The key of a key is itself.
///
/// RFC 8265 maps case with Unicode's toLowerCase, which is not an equivalence relation: `νίκος` ends in `ς` and
/// `ΝΊΚΟΣ` becomes `νίκοσ`, so one name has two keys. Here each character is mapped to upper case and then to lower case. That joins
/// what either mapping joins: `ς`/`σ`, `ß`/`ẞ`/`ss`, `ı`/`i`, `ſ`/`s`, Cyrillic `ᲀ`/`в`, the combining and the plain
/// iota, Cherokee and Georgian. The result is lower case, as keys always were, so few stored keys change.
pub fn text_key(text: &str) -> String {
    // Most texts are ASCII; they need no look-up in Unicode's tables.
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return text.to_ascii_lowercase();
    }
    let mut current: String = text.nfc().collect();
    for _ in 0..MAX_PASSES {
        let next = fold(&narrow(&current));
        if next == current {
            break;
        }
        current = next;
    }
    current
}

fn narrow(text: &str) -> Cow<'_, str> {
    // The rule never fails; if it did, the text is kept.
    UsernameCaseMapped::new().width_mapping_rule(text).unwrap_or(Cow::Borrowed(text))
}

/// Character by character, because `str::to_lowercase` looks at the letters around a sigma.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_one_key(text: &str) {
        let key = text_key(text);
        assert_eq!(text_key(&key), key, "{text:?}: the key is not its own key");
        // Canonical equivalence first: the mappings of std do not look for it.
        let composed: String = text.nfc().collect();
        for other in [composed.to_uppercase(), composed.to_lowercase()] {
            assert_eq!(text_key(&other), key, "{text:?} and {other:?}");
        }
    }

    #[test]
    fn upper_and_lower_case_of_every_character_have_one_key() {
        for c in '\0'..=char::MAX {
            assert_one_key(&c.to_string());
            // Han and Hangul have no case and make up most of the rest.
            if c.to_uppercase().ne([c])
                || c.to_lowercase().ne([c])
                || c.nfd().ne([c]) && !('가'..='힣').contains(&c)
            {
                for text in [
                    format!("{c}{c}"),
                    format!("a{c}"),
                    format!("A{c}B"),
                    format!("Σ{c}Σ"),
                    format!("α{c}\u{301}"),
                    format!("{c}\u{345}"),
                ] {
                    assert_one_key(&text);
                }
            }
        }
    }

    #[test]
    fn characters_whose_case_mapping_is_no_round_trip_share_a_key() {
        for (one, other, key) in [
            ("νίκος", "ΝΊΚΟΣ", "νίκοσ"),
            ("straße", "STRASSE", "strasse"),
            ("STRAẞE", "straße", "strasse"),
            ("ılgaz", "ILGAZ", "ilgaz"),
            ("İzmir", "i\u{307}zmir", "i\u{307}zmir"),
            ("ſam", "SAM", "sam"),
            ("ᾳδης", "ΑΙΔΗΣ", "αιδησ"),
            ("α\u{345}δης", "ᾼδης", "αιδησ"),
            ("\u{1c80}ода", "ВОДА", "вода"),
            ("Ꭰ", "ꭰ", "ꭰ"),
            ("Ა", "ა", "ა"),
            ("ΰ", "Ϋ\u{301}", "ΰ"),
        ] {
            assert_eq!((text_key(one), text_key(other)), (key.to_owned(), key.to_owned()));
        }
    }

    #[test]
    fn different_letters_keep_different_keys() {
        for (one, other) in
            [("ana", "aná"), ("σ", "ο"), ("и", "й"), ("ss", "s"), ("İ", "i"), ("a", "а")]
        {
            assert_ne!(text_key(one), text_key(other), "{one} {other}");
        }
    }

    #[test]
    fn the_fast_path_for_ascii_gives_the_same_key() {
        for text in (b'!'..=b'~').map(|byte| format!("x{}Y", char::from(byte))) {
            assert_eq!(text_key(&text), fold(&narrow(&text)), "{text}");
        }
    }
}
