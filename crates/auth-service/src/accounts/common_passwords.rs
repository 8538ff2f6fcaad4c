//! Passwords that attackers try first. They are refused when a user sets a password, never at log-in.

use aws_lc_rs::digest::{SHA256, digest};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// How many bytes of each SHA-256 the list keeps. A password that is not in the list is refused by mistake with a
/// probability of one in 60 million.
const PREFIX_BYTES: usize = 5;

/// The list, sorted. `scripts/make_common_passwords` makes it and names its source;
/// `common_passwords.licence.txt` is the licence of the source.
static PREFIXES: &[u8] = include_bytes!("common_passwords.bin");

/// Names of this software: attackers try them as passwords.
const SERVICE_WORDS: [&str; 3] = ["authpair", "authservice", "usersapi"];

/// Whether the password is in the list, or is a name of this software. Letter case, and punctuation or blanks around
/// it, are ignored; around a name of the software digits are ignored too.
pub(super) fn is_common(password: &str) -> bool {
    let lower: Zeroizing<String> = Zeroizing::new(password.to_lowercase().nfc().collect());
    let core = lower.trim_matches(|c: char| c.is_ascii_punctuation() || c == ' ');
    is_listed(&lower) || is_listed(core) || is_service_word(core)
}

fn is_listed(text: &str) -> bool {
    let hash = digest(&SHA256, text.as_bytes());
    let (prefixes, _) = PREFIXES.as_chunks::<PREFIX_BYTES>();
    hash.as_ref().first_chunk().is_some_and(|prefix| prefixes.binary_search(prefix).is_ok())
}

fn is_service_word(core: &str) -> bool {
    let letters = core.trim_matches(|c: char| !c.is_alphabetic());
    let letters = letters.chars().filter(|c| c.is_alphabetic());
    let letters: Zeroizing<String> = Zeroizing::new(letters.collect());
    SERVICE_WORDS.contains(&letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::{PREFIX_BYTES, PREFIXES, is_common};

    #[test]
    fn the_list_is_sorted_and_has_more_than_8_000_entries() {
        let (prefixes, rest) = PREFIXES.as_chunks::<PREFIX_BYTES>();
        assert!(prefixes.len() > 8_000 && rest.is_empty());
        assert!(prefixes.is_sorted());
    }

    #[test]
    fn common_passwords_are_found_in_any_letter_case_and_with_punctuation_around() {
        for common in [
            "12345678",
            "password1",
            "Password123",
            "PASSWORD123!",
            "qwertyuiop",
            "iloveyou1",
            "p@ssw0rd",
            "trustno1",
            " sunshine ",
        ] {
            assert!(is_common(common), "{common}");
        }
    }

    #[test]
    fn names_of_this_software_are_found_with_digits_and_separators() {
        for common in ["authpair", "AuthPair2026!", "auth-service", "users_api1", "1authpair"] {
            assert!(is_common(common), "{common}");
        }
    }

    #[test]
    fn other_passwords_are_not_common() {
        for other in
            ["correct horse battery", "authpair is what I build", "zk5-hu8-wq2", "éééé5678"]
        {
            assert!(!is_common(other), "{other}");
        }
    }
}
