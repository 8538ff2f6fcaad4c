//! Skeletons of user names (UTS 39): names with the same skeleton look alike.

use std::{collections::HashSet, sync::LazyLock};

use service_kit::text_key::text_key;
use unicode_normalization::char::is_combining_mark;

use super::Username;
use crate::store::names::StoredSkeletons;

/// The skeletons of a name, to be stored and compared.
///
/// Two names are confusable if they share a skeleton. One skeleton is made from the canonical form: it finds letters
/// that look alike in lower case (`а` and `a`). The other is made from the shown form, with its case folded afterwards:
/// it finds letters that look alike only in upper case (Greek `Η` and `H`; their lower-case letters differ).
///
/// Two ASCII names are never treated as confusable, although `l` and `1`, or `rn` and `m`, look alike: people who write
/// ASCII are used to them, and a third of all names would conflict. So a stored skeleton has the prefix `ascii:` or
/// `other:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameSkeletons {
    ascii: bool,
    canonical: String,
    /// `None` if it equals `canonical`.
    shown: Option<String>,
}

impl NameSkeletons {
    /// The skeletons of a name.
    pub fn of(name: &Username) -> Self {
        Self::of_forms(name.display(), name.canonical())
    }

    /// The skeletons of a stored name, from its two forms. It is not parsed, because the current rules may reject it.
    pub fn of_forms(shown: &str, key: &str) -> Self {
        let canonical = skeleton(key);
        let of_shown = Some(skeleton(shown)).filter(|text| *text != canonical);
        Self { ascii: shown.is_ascii(), canonical, shown: of_shown }
    }

    /// The skeletons as they are stored, with their prefix.
    pub fn stored(&self) -> StoredSkeletons {
        StoredSkeletons {
            canonical: stored(self.ascii, &self.canonical),
            shown: self.shown.as_deref().map(|text| stored(self.ascii, text)),
        }
    }

    /// The stored skeletons that another name must not have.
    pub fn conflicting(&self) -> Vec<String> {
        let kinds: &[bool] = if self.ascii { &[false] } else { &[false, true] };
        let skeletons = || self.iter();
        kinds.iter().flat_map(|ascii| skeletons().map(|text| stored(*ascii, text))).collect()
    }

    /// Both skeletons, without the prefix.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.canonical.as_str()).chain(self.shown.as_deref())
    }

    /// Whether this name looks like one of these words but is not the word itself.
    pub(super) fn is_like(&self, words: &HashSet<String>) -> bool {
        !self.ascii && self.iter().any(|text| words.contains(text))
    }
}

/// The skeletons of words in lower case.
pub(super) fn skeletons_of_words(words: &'static [&'static str]) -> HashSet<String> {
    words.iter().map(|word| skeleton(word)).collect()
}

fn stored(ascii: bool, text: &str) -> String {
    let kind = if ascii { "ascii" } else { "other" };
    format!("{kind}:{text}")
}

/// The skeleton of UTS 39 with its case folded, because its prototypes are letters of either case (`0` becomes `O`).
fn skeleton(text: &str) -> String {
    static ASCII: LazyLock<Vec<String>> = LazyLock::new(|| {
        let letter = |byte: u8| {
            unicode_security::skeleton(char::from(byte).encode_utf8(&mut [0; 4])).collect()
        };
        (0..128).map(letter).collect()
    });
    let text: String = if text.is_ascii() {
        text.bytes().filter_map(|byte| ASCII.get(usize::from(byte))).map(String::as_str).collect()
    } else {
        without_invisible_marks(unicode_security::skeleton(text))
    };
    text_key(&text)
}

/// Removes marks that are hardly visible: a dot above a letter that already has one (UTS 39 section 5.4), and lines
/// through or below letters.
fn without_invisible_marks(text: impl Iterator<Item = char>) -> String {
    let mut base = ' ';
    text.filter(|c| {
        if !is_combining_mark(*c) {
            base = *c;
        }
        // The prototype of `I` is `l`.
        let second_dot = *c == '\u{307}' && matches!(base, 'i' | 'j' | 'l');
        !second_dot && !matches!(*c, '\u{331}'..='\u{338}')
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skeletons(name: &str) -> NameSkeletons {
        NameSkeletons::of(&Username::parse(name).unwrap())
    }

    fn alike(one: &str, other: &str) -> bool {
        let found = |one: &NameSkeletons, other: &NameSkeletons| {
            let StoredSkeletons { canonical, shown } = other.stored();
            [Some(canonical), shown].iter().flatten().any(|text| one.conflicting().contains(text))
        };
        let (one, other) = (skeletons(one), skeletons(other));
        assert_eq!(found(&one, &other), found(&other, &one));
        found(&one, &other)
    }

    #[test]
    fn a_name_with_similar_letters_of_another_script_is_confusable() {
        for (name, homograph) in [
            ("paypal", "pаypal"),
            ("paypal", "раураӏ"),
            ("ivan", "Іvan"),
            ("Ivan", "іvan"),
            ("hello", "ΗELLO"),
            ("HELLO", "Ηello"),
            ("nick", "Νick"),
            ("vick", "νick"),
            ("modern", "rnоdern"),
            ("b0b", "bоb"),
            ("Iván", "lván"),
            ("scope", "ѕсоре"),
            ("alice", "аlice"),
            ("ΑΒΓ", "АВГ"),
            ("victim", "vi\u{307}ctim"),
            ("victim", "victi\u{307}m"),
            ("alice", "alice\u{335}"),
            ("alice", "alice\u{332}"),
            ("victim", "vic\u{338}tim"),
            ("jan", "j\u{307}an"),
        ] {
            assert!(alike(name, homograph), "{name} {homograph}");
        }
    }

    #[test]
    fn two_ascii_names_are_never_confusable() {
        for (one, other) in
            [("modern", "rnodern"), ("l1l1", "1l1l"), ("b0b", "bob"), ("Ian", "lan")]
        {
            assert!(!alike(one, other), "{one} {other}");
        }
    }

    #[test]
    fn names_that_look_different_are_not_confusable() {
        for (one, other) in [
            ("rene", "rené"),
            ("ana", "αβγ"),
            ("νίκος", "νίκη"),
            ("иван", "Ivan"),
            ("straße", "strasse2"),
            ("münchen", "munchen"),
            ("vïctim", "victim"),
            ("żaba", "zaba"),
            ("한글", "한국"),
        ] {
            assert!(!alike(one, other), "{one} {other}");
        }
    }

    #[test]
    fn the_table_for_ascii_agrees_with_the_crate() {
        for byte in 0..128 {
            let text = format!("a{}b", char::from(byte));
            let whole: String = unicode_security::skeleton(&text).collect();
            assert_eq!(skeleton(&text), text_key(&whole), "{text:?}");
        }
    }
}
