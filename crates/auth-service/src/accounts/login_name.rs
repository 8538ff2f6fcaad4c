//! The name with which a user signs in: a user name or an e-mail address.

use database::{AnyConnection, DatabaseError};

use super::{EmailAddress, Username};
use crate::{
    store::{self, users::UserRow},
    throttle::{AttemptKey, AttemptKeys},
};

/// The name with which a user is looked up.
///
/// Parsing never fails. A name that no user can have is [`LoginName::Unknown`]: it gets the same answer, in the same
/// time, as a valid name without a user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LoginName {
    /// A user name.
    Username(LookupForms),
    /// An e-mail address.
    Email(LookupForms),
    /// No user can have this name; the text as it was typed.
    Unknown(String),
}

/// The canonical forms under which a name may be stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LookupForms {
    current: String,
    /// The previous canonical form (see `precis::previous_canonical`), if it differs. An old account still has it if
    /// another account had the current form already.
    previous: Option<String>,
}

impl LookupForms {
    fn iter(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.current.as_str()).chain(self.previous.as_deref())
    }
}

impl From<Username> for LookupForms {
    fn from(name: Username) -> Self {
        Self { current: name.canonical().to_owned(), previous: name.previous_canonical() }
    }
}

impl From<EmailAddress> for LookupForms {
    fn from(address: EmailAddress) -> Self {
        Self { current: address.canonical().to_owned(), previous: address.previous_canonical() }
    }
}

impl From<EmailAddress> for LoginName {
    fn from(address: EmailAddress) -> Self {
        Self::Email(address.into())
    }
}

impl LoginName {
    /// The key under which attempts with this name are counted: the same for `Alice` and `alice`.
    pub fn attempt_key(&self, keys: &AttemptKeys) -> AttemptKey {
        match self {
            Self::Username(forms) => keys.of_username(&forms.current),
            Self::Email(forms) => keys.of_address(&forms.current),
            Self::Unknown(typed) => keys.of_unknown_name(typed),
        }
    }

    /// Reads the `username` field, which may hold an address: user names never contain `@`.
    ///
    /// White space around a name comes from keyboards that complete words, and from copying. No stored name has any, so
    /// it is dropped before a name is looked up.
    pub fn from_username_field(raw: &str) -> Self {
        if raw.contains('@') { Self::from_email_field(raw) } else { Self::of_username(raw) }
    }

    /// Reads a user name, even if it looks like an address.
    pub fn of_username(raw: &str) -> Self {
        Username::parse(raw.trim())
            .map_or_else(|_| Self::Unknown(raw.to_owned()), |name| Self::Username(name.into()))
    }

    /// Reads the `email` field.
    pub fn from_email_field(raw: &str) -> Self {
        EmailAddress::parse(raw.trim())
            .map_or_else(|_| Self::Unknown(raw.to_owned()), |address| Self::Email(address.into()))
    }

    /// Finds the users with this name: none or one. There are two if two old accounts have names that share the current
    /// canonical form; then the account stored under the current form comes first.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub fn find_by_canonical_form(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<Vec<UserRow>, DatabaseError> {
        let (keys, by_key): (_, fn(&mut _, &str) -> _) = match self {
            Self::Username(keys) => (keys, store::users::by_username_key),
            Self::Email(keys) => (keys, store::users::by_email_key),
            Self::Unknown(_) => return Ok(Vec::new()),
        };
        let mut found = Vec::new();
        for key in keys.iter() {
            found.extend(by_key(connection, key)?);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::{LoginName, LookupForms};
    use crate::throttle::AttemptKeys;

    fn keys(current: &str, previous: Option<&str>) -> LookupForms {
        LookupForms { current: current.into(), previous: previous.map(str::to_owned) }
    }

    #[test]
    fn a_user_name_is_looked_up_by_its_key_and_by_a_previous_one_that_differs() {
        for (raw, expected) in [
            ("Ａlice", keys("alice", None)),
            ("RENÉ", keys("rené", None)),
            ("νίκος", keys("νίκοσ", Some("νίκος"))),
            ("ΝΊΚΟΣ", keys("νίκοσ", None)),
            ("Straße", keys("strasse", Some("straße"))),
        ] {
            assert_eq!(LoginName::from_username_field(raw), LoginName::Username(expected), "{raw}");
        }
        let address = LoginName::Email(keys("νίκοσ@example.org", Some("νίκος@example.org")));
        assert_eq!(LoginName::from_username_field("νίκος@Example.org"), address);
    }

    #[test]
    fn white_space_around_a_name_is_dropped_and_within_it_is_not() {
        for typed in [
            " ana",
            "ana  ",
            "\u{a0}ana\u{3000}",
            "ana\n",
            "\tana",
            "ana\r\n",
            "\u{2028}ana\u{2003}",
        ] {
            let meant = "ana";
            assert_eq!(LoginName::from_username_field(typed), LoginName::of_username(meant));
        }
        let address = LoginName::from_email_field("ana@example.org");
        for typed in [" ana@example.org", "ana@example.org ", " ana@example.org\u{a0}"] {
            assert_eq!(LoginName::from_username_field(typed), address, "{typed:?}");
            assert_eq!(LoginName::from_email_field(typed), address, "{typed:?}");
        }
        for unknown in
            ["a na", "a\tna", "ana \0", "\u{200b}ana", "ana @example.org", "ana@ example.org"]
        {
            assert_eq!(
                LoginName::from_username_field(unknown),
                LoginName::Unknown(unknown.into()),
                "{unknown:?}"
            );
        }
    }

    #[test]
    fn the_username_field_may_hold_an_address() {
        let address = LoginName::Email(keys("ana@example.org", None));
        assert_eq!(LoginName::from_username_field("Ana@Example.org"), address);
        assert_eq!(LoginName::from_email_field("Ana@Example.org"), address);
    }

    #[test]
    fn the_email_field_holds_no_user_name() {
        assert_eq!(LoginName::from_email_field("alice"), LoginName::Unknown("alice".into()));
    }

    #[test]
    fn a_name_that_no_user_can_have_is_unknown_and_not_an_error() {
        for raw in ["", " ", "a", "ali\0ce", "@", "ana@", &"x".repeat(100_000)] {
            assert_eq!(LoginName::from_username_field(raw), LoginName::Unknown(raw.into()));
        }
    }

    #[test]
    fn one_account_has_one_key_however_its_name_is_typed() {
        let keys = AttemptKeys::new(b"secret");
        let typed = |name: &str| LoginName::from_username_field(name).attempt_key(&keys);
        assert_eq!(typed("Alice"), typed("alice"));
        assert_eq!(typed("Ana@Example.org"), typed("ana@example.org"));
        assert_ne!(typed("alice"), typed("bob"));
    }

    #[test]
    fn names_that_no_user_can_have_do_not_share_a_key() {
        let keys = AttemptKeys::new(b"secret");
        let typed = |name: &str| LoginName::from_username_field(name).attempt_key(&keys);
        assert_ne!(typed("a\0"), typed("b\0"));
    }
}
