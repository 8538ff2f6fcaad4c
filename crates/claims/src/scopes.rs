//! Sets of scope tokens (RFC 6749 §3.3).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The scopes that auth-service and users-api use.
pub mod scope {
    /// Read user data.
    pub const USERS_READ: &str = "users:read";
    /// See other people's e-mail addresses.
    pub const USERS_EMAIL: &str = "users:email";
    /// Administer users.
    pub const USERS_ADMIN: &str = "users:admin";
}

/// A set of scope tokens (RFC 6749 §3.3) in the order in which they were first named.
///
/// The empty set is written as the empty string.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Scopes(String);

impl Scopes {
    /// Whether `scope` is in the set.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        self.iter().any(|held| held == scope)
    }

    /// The scopes one by one, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|scope| !scope.is_empty())
    }

    /// Whether there is no scope at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every scope of this set is in `other` too.
    #[must_use]
    pub fn is_subset(&self, other: &Scopes) -> bool {
        self.iter().all(|scope| other.contains(scope))
    }

    /// The set as the value of the claim `scope`: one space between the scopes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a list of scope tokens: printable ASCII without `"` and `\`, one space between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a space separated list of scopes")]
pub struct InvalidScope;

impl FromStr for Scopes {
    type Err = InvalidScope;

    /// Reads `scope-token *( SP scope-token )` or nothing; repeated scopes are kept once.
    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        let mut scopes = Scopes(String::with_capacity(text.len()));
        if text.is_empty() {
            return Ok(scopes);
        }
        for token in text.split(' ') {
            if token.is_empty() || !token.bytes().all(is_scope_byte) {
                return Err(InvalidScope);
            }
            if !scopes.contains(token) {
                if !scopes.0.is_empty() {
                    scopes.0.push(' ');
                }
                scopes.0.push_str(token);
            }
        }
        Ok(scopes)
    }
}

fn is_scope_byte(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(text: &str) -> Scopes {
        text.parse().unwrap()
    }

    #[test]
    fn scopes_keep_their_order_and_lose_repetitions() {
        let set = scopes("users:read users:email users:read");
        assert_eq!(set.to_string(), "users:read users:email");
        assert_eq!(set.iter().count(), 2);
        assert!(set.contains(scope::USERS_EMAIL));
        assert!(!set.contains("users:"));
        assert!(!set.contains(""));
    }

    #[test]
    fn no_scope_is_the_empty_string() {
        let set = scopes("");
        assert!(set.is_empty());
        assert_eq!(set.iter().count(), 0);
        assert_eq!(serde_json::to_string(&set).unwrap(), "\"\"");
    }

    #[test]
    fn characters_and_spacing_outside_rfc_6749_are_rejected() {
        for text in [" ", "a  b", " a", "a ", "a\tb", "a\"b", "a\\b", "ä", "a\u{7f}", "a\nb"] {
            assert_eq!(text.parse::<Scopes>(), Err(InvalidScope), "{text:?}");
        }
    }

    #[test]
    fn a_subset_holds_nothing_the_other_lacks() {
        assert!(scopes("b a").is_subset(&scopes("a b c")));
        assert!(scopes("").is_subset(&scopes("")));
        assert!(!scopes("a d").is_subset(&scopes("a b c")));
    }
}
