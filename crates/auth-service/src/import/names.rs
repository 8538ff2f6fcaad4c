//! Makes user names from addresses, for users who have no name.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::accounts::{EmailAddress, Username};

/// Maximum number of characters that come from the address.
const MAX_CHARS: usize = 48;

/// The names for a user with this address; the user gets the first one that is free. These are the part before the `@`,
/// and the same with a short digest of the address. The same address always gives the same names, so an import that is
/// started again finds the same users.
pub(super) fn from_address(email: &EmailAddress) -> Vec<Username> {
    let local: String = email.canonical_local_part().chars().take(MAX_CHARS).collect();
    let plain = Username::parse_new(&local).ok();
    let hash = digest(&SHA256, email.canonical().as_bytes());
    let tag: String = URL_SAFE_NO_PAD
        .encode(hash)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(8)
        .collect::<String>()
        .to_ascii_lowercase();
    let base = plain.as_ref().map_or("user", Username::canonical);
    let tagged = Username::parse_new(&format!("{base}-{tag}")).ok();
    let tagged = tagged.or_else(|| Username::parse_new(&format!("user-{tag}")).ok());
    plain.into_iter().chain(tagged).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(address: &str) -> Vec<String> {
        let email = EmailAddress::parse(address).unwrap();
        from_address(&email).iter().map(|name| name.display().to_owned()).collect()
    }

    #[test]
    fn a_name_is_the_part_before_the_at_sign_or_that_with_a_digest() {
        let found = names("Ana.Lima@example.com");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], "ana.lima");
        assert!(found[1].starts_with("ana.lima-") && found[1].len() > 12, "{found:?}");
        assert_eq!(names("Ana.Lima@example.com"), found);
        assert_ne!(names("ana.lima@example.org")[1], found[1]);
    }

    #[test]
    fn an_address_that_gives_no_valid_name_gets_another_name() {
        for address in ["admin@example.com", "x@example.com", "o'brien@example.com"] {
            let found = names(address);
            assert_eq!(found.len(), 1, "{address}");
            assert!(found[0].starts_with("user-"), "{found:?}");
        }
        let long = format!("{}@example.com", "a".repeat(64));
        assert_eq!(names(&long)[0].len(), MAX_CHARS);
    }
}
