//! Lists of users for administrators.

use database::AnyConnection;
use service_kit::{ids::UserId, unix_time::UnixMicros};

use super::SearchText;
use crate::store::{
    self, DbResult,
    users::{
        UserRow,
        administration::{self, KeyRange, RegistrationPosition, UserStatus},
    },
};

/// Which users are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// The beginning of a name or an address, or an id.
    pub text: Option<SearchText>,
    /// Whether they may sign in.
    pub status: Option<UserStatus>,
}

impl UserStatus {
    /// Reads a word of a query or of a command.
    ///
    /// # Errors
    /// For any other word.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "enabled" | "active" => Ok(Self::Enabled),
            "disabled" => Ok(Self::Disabled),
            _ => Err("is neither enabled nor disabled"),
        }
    }
}

/// The position of the last user of a page: the next page begins after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserPosition {
    /// In the list by time of registration, newest first.
    Registration(RegistrationPosition),
    /// Among the users found by name: the name's canonical form.
    Name(String),
    /// Among the users found by address: the address's canonical form.
    Email(String),
}

impl UserPosition {
    /// The text form, which [`Self::parse`] reads.
    pub fn to_text(&self) -> String {
        match self {
            Self::Registration(RegistrationPosition { created_at, id }) => {
                format!("a{} {id}", created_at.as_i64())
            }
            Self::Name(key) => format!("n{key}"),
            Self::Email(key) => format!("e{key}"),
        }
    }

    /// Reads the text form; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(key) = text.strip_prefix('n') {
            return Some(Self::Name(key.to_owned()));
        }
        if let Some(key) = text.strip_prefix('e') {
            return Some(Self::Email(key.to_owned()));
        }
        let (time, id) = text.strip_prefix('a')?.split_once(' ')?;
        let created_at = UnixMicros::new(time.parse().ok()?);
        Some(Self::Registration(RegistrationPosition { created_at, id: UserId::parse(id)? }))
    }
}

/// Part of a list.
#[derive(Clone, Debug)]
pub struct UserPage {
    /// The users.
    pub users: Vec<UserRow>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<UserPosition>,
}

impl UserQuery {
    /// A text that is different for each query. A cursor is bound to it.
    pub fn name(&self) -> String {
        format!("{:?}", (&self.text, self.status))
    }

    /// The users after a position. Without a search text they are listed newest first, otherwise by name, then by
    /// address.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub fn page(
        &self,
        connection: &mut AnyConnection,
        position: Option<&UserPosition>,
        size: usize,
    ) -> DbResult<UserPage> {
        // One more user shows whether there is a further page.
        let limit = size.saturating_add(1);
        let mut found = match &self.text {
            None => self.by_registration(connection, position, limit)?,
            Some(SearchText::Id(id)) => self.by_id(connection, id)?,
            Some(SearchText::Address(key)) => {
                self.by_email(connection, key, None, position, limit)?
            }
            Some(SearchText::Either(key)) => self.by_either(connection, key, position, limit)?,
        };
        let has_more = found.len() > size;
        found.truncate(size);
        let next = found.last().filter(|_| has_more).map(|(_, position)| position.clone());
        Ok(UserPage { users: found.into_iter().map(|(user, _)| user).collect(), next })
    }

    fn by_id(&self, connection: &mut AnyConnection, id: &UserId) -> DbResult<Vec<Found>> {
        let user = store::users::by_id(connection, id)?;
        let wanted = user.filter(|user| match self.status {
            Some(UserStatus::Enabled) => user.disabled_at.is_none(),
            Some(UserStatus::Disabled) => user.disabled_at.is_some(),
            None => true,
        });
        Ok(wanted.into_iter().map(found_by_registration).collect())
    }

    fn by_registration(
        &self,
        connection: &mut AnyConnection,
        position: Option<&UserPosition>,
        limit: usize,
    ) -> DbResult<Vec<Found>> {
        let before = match position {
            Some(UserPosition::Registration(position)) => Some(position),
            _ => None,
        };
        let users = administration::newest(connection, self.status, before, as_limit(limit))?;
        Ok(users.into_iter().map(found_by_registration).collect())
    }

    fn by_either(
        &self,
        connection: &mut AnyConnection,
        key: &str,
        position: Option<&UserPosition>,
        limit: usize,
    ) -> DbResult<Vec<Found>> {
        let mut found = Vec::new();
        if !matches!(position, Some(UserPosition::Email(_))) {
            let after = match position {
                Some(UserPosition::Name(key)) => Some(key.as_str()),
                _ => None,
            };
            let range = range(key, after);
            let users = administration::by_name(connection, self.status, range, as_limit(limit))?;
            found.extend(users.into_iter().map(|user| {
                let position = UserPosition::Name(user.username_key.clone());
                (user, position)
            }));
        }
        let left = limit - found.len();
        if left > 0 {
            found.extend(self.by_email(connection, key, Some(key), position, left)?);
        }
        Ok(found)
    }

    /// Leaves out users whose names begin with `listed`: these were already found by name.
    fn by_email(
        &self,
        connection: &mut AnyConnection,
        key: &str,
        listed: Option<&str>,
        position: Option<&UserPosition>,
        limit: usize,
    ) -> DbResult<Vec<Found>> {
        let after = match position {
            Some(UserPosition::Email(key)) => Some(key.as_str()),
            _ => None,
        };
        let (range, listed) = (range(key, after), listed.map(|key| range(key, None)));
        let (status, limit) = (self.status, as_limit(limit));
        let users = administration::by_email(connection, status, range, listed.as_ref(), limit)?;
        let found = |user: UserRow| {
            let position = UserPosition::Email(user.email_key.clone());
            (user, position)
        };
        Ok(users.into_iter().map(found).collect())
    }
}

/// A user, and its position in the list.
type Found = (UserRow, UserPosition);

fn found_by_registration(user: UserRow) -> Found {
    let position = RegistrationPosition { created_at: user.created_at, id: user.id.clone() };
    (user, UserPosition::Registration(position))
}

/// The canonical forms that begin with `prefix`; if `after` is given, only those after it.
fn range(prefix: &str, after: Option<&str>) -> KeyRange {
    // Forms are compared byte by byte, and this is the highest character.
    let to = format!("{prefix}{}", char::MAX);
    KeyRange { from: after.unwrap_or(prefix).to_owned(), excludes_from: after.is_some(), to }
}

fn as_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_as_it_was_written() {
        let id = UserId::random();
        for position in [
            UserPosition::Registration(RegistrationPosition {
                created_at: UnixMicros::new(-5),
                id,
            }),
            UserPosition::Name("a b\u{e9}".to_owned()),
            UserPosition::Email("ana@example.org".to_owned()),
        ] {
            assert_eq!(UserPosition::parse(&position.to_text()), Some(position));
        }
        for rubbish in ["", "x", "a1", "a1 x", "a 0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11"] {
            assert_eq!(UserPosition::parse(rubbish), None, "{rubbish}");
        }
    }
}
