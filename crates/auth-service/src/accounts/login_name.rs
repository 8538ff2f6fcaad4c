//! The name someone signs in with: a user name or an e-mail address.

use super::{EmailAddress, Username};

/// What to look a user up by.
///
/// Parsing never fails: a name that no user can have is [`LoginName::Unknown`], so that it gets the
/// answer, and takes the time, of a name that nobody has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LoginName {
    /// The canonical form of a user name.
    Username(String),
    /// The canonical form of an e-mail address.
    Email(String),
    /// No user can have this name: as it was typed.
    Unknown(String),
}

impl LoginName {
    /// Reads the `username` field, which may hold an address: user names never contain `@`.
    pub fn from_username_field(raw: &str) -> Self {
        if raw.contains('@') {
            return Self::from_email_field(raw);
        }
        Username::parse(raw).map_or_else(
            |_| Self::Unknown(raw.to_owned()),
            |name| Self::Username(name.canonical().to_owned()),
        )
    }

    /// Reads the `email` field.
    pub fn from_email_field(raw: &str) -> Self {
        EmailAddress::parse(raw).map_or_else(
            |_| Self::Unknown(raw.to_owned()),
            |address| Self::Email(address.canonical().to_owned()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::LoginName;

    #[test]
    fn a_user_name_is_looked_up_by_its_canonical_form() {
        assert_eq!(LoginName::from_username_field("Ａlice"), LoginName::Username("alice".into()));
    }

    #[test]
    fn the_username_field_may_hold_an_address() {
        let address = LoginName::Email("ana@example.org".into());
        assert_eq!(LoginName::from_username_field("Ana@Example.org"), address);
        assert_eq!(LoginName::from_email_field("Ana@Example.org"), address);
    }

    #[test]
    fn the_email_field_holds_no_user_name() {
        assert_eq!(LoginName::from_email_field("alice"), LoginName::Unknown("alice".into()));
    }

    #[test]
    fn a_name_nobody_can_have_is_unknown_and_no_error() {
        for raw in ["", " ", "a", "ali\0ce", "@", "ana@", &"x".repeat(100_000)] {
            assert_eq!(LoginName::from_username_field(raw), LoginName::Unknown(raw.into()));
        }
    }
}
