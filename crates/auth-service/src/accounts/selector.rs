//! Selects the user of a command: by id, by user name or by e-mail address.

use database::{AnyConnection, DatabaseError};
use service_kit::ids::{UserId, looks_like_uuid};

use super::LoginName;
use crate::store::{self, users::UserRow};

/// Identifies one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserSelector {
    /// By id.
    Id(UserId),
    /// By user name.
    Name(LoginName),
    /// By e-mail address.
    Email(LoginName),
}

/// Why a selector does not identify exactly one user.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// There is no such user.
    #[error("there is no such user")]
    None,
    /// No user has this id, but a user has it as a name; the user's id.
    #[error("no user has this id, but user {0} has it as a name: use --name")]
    NamedLikeId(UserId),
    /// Several users match; their ids.
    #[error("several users match: {0}; use --id")]
    Several(String),
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl UserSelector {
    /// Reads one argument. Its form alone decides what it means: a UUID with hyphens is an id, a text with `@` an
    /// address, anything else a user name. It does not matter which accounts exist.
    ///
    /// # Errors
    /// When it is a UUID in another form: it may be meant as an id or as a name.
    pub fn of_argument(text: &str) -> Result<Self, String> {
        if let Some(id) = UserId::parse(text) {
            return Ok(Self::Id(id));
        }
        if looks_like_uuid(text) {
            return Err(format!("{text} may be an id or a name: use --id or --name"));
        }
        Ok(if text.contains('@') { Self::by_email(text) } else { Self::by_name(text) })
    }

    /// By id, with hyphens, in either letter case.
    ///
    /// # Errors
    /// When it is not a UUID with hyphens.
    pub fn by_id(text: &str) -> Result<Self, String> {
        let id = UserId::parse(text);
        id.map(Self::Id).ok_or_else(|| format!("{text} is not an id: a UUID with hyphens"))
    }

    /// By user name, even if it looks like an id or an address.
    pub fn by_name(text: &str) -> Self {
        Self::Name(LoginName::of_username(text))
    }

    /// By e-mail address.
    pub fn by_email(text: &str) -> Self {
        Self::Email(LoginName::from_email_field(text))
    }

    /// Finds the user.
    ///
    /// # Errors
    /// When no user, or more than one user, matches.
    pub fn find(&self, connection: &mut AnyConnection) -> Result<UserRow, SelectError> {
        let mut found = match self {
            Self::Id(id) => return by_id(connection, id),
            Self::Name(name) | Self::Email(name) => name.find_by_canonical_form(connection)?,
        };
        match found.len() {
            0 => Err(SelectError::None),
            1 => Ok(found.remove(0)),
            _ => {
                let ids: Vec<String> = found.into_iter().map(|user| user.id.into()).collect();
                Err(SelectError::Several(ids.join(", ")))
            }
        }
    }
}

fn by_id(connection: &mut AnyConnection, id: &UserId) -> Result<UserRow, SelectError> {
    if let Some(user) = store::users::by_id(connection, id)? {
        return Ok(user);
    }
    // Old accounts may have a name that looks like an id. New accounts cannot.
    match LoginName::of_username(id.as_str()).find_by_canonical_form(connection)?.first() {
        Some(namesake) => Err(SelectError::NamedLikeId(namesake.id.clone())),
        None => Err(SelectError::None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11";

    #[test]
    fn an_argument_means_one_kind_of_thing_by_its_form() {
        for id in [ID, &ID.to_uppercase()] {
            assert_eq!(
                UserSelector::of_argument(id),
                Ok(UserSelector::Id(UserId::parse(ID).unwrap()))
            );
        }
        assert_eq!(UserSelector::of_argument("Ana"), Ok(UserSelector::by_name("ana")));
        assert_eq!(
            UserSelector::of_argument("Ana@Example.org"),
            Ok(UserSelector::by_email("ana@example.org"))
        );
        for either in [ID.replace('-', ""), format!("{{{ID}}}"), format!("urn:uuid:{ID}")] {
            assert!(UserSelector::of_argument(&either).is_err(), "{either}");
            assert!(UserSelector::by_id(&either).is_err(), "{either}");
        }
    }

    #[test]
    fn an_option_decides_whatever_the_text_looks_like() {
        assert!(matches!(UserSelector::by_name(ID), UserSelector::Name(_)));
        assert!(matches!(UserSelector::by_name("--help"), UserSelector::Name(_)));
        assert!(UserSelector::by_id("ana").is_err());
    }
}
