//! Ids as types: UUIDs in one canonical form.

use std::fmt;

use uuid::Uuid;

/// Characters of a UUID with its hyphens.
const HYPHENATED: usize = 36;

/// The stored form of an id: a UUID with hyphens in lower case (RFC 9562 §4).
///
/// Upper case is read as well, as the RFC asks. The other forms that the `uuid` crate reads (without hyphens, in
/// braces, `urn:uuid:`) are not ids here: the services never write them, and several
/// spellings of one id would get past caches, log searches and proxy rules.
pub fn canonical_uuid(text: &str) -> Option<String> {
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == HYPHENATED)?;
    Some(id.hyphenated().to_string())
}

/// Whether the text is a UUID in any form that the `uuid` crate reads, so that it could be confused with an id.
pub fn looks_like_uuid(text: &str) -> bool {
    Uuid::try_parse(text).is_ok()
}

/// Declares the type of an id. An id from outside must be parsed, so a value of the type has one spelling and finds at
/// most one row.
macro_rules! typed_id {
    ($(#[$meta:meta])* $name:ident, $column:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "diesel", derive(diesel::expression::AsExpression, diesel::deserialize::FromSqlRow))]
        #[cfg_attr(feature = "diesel", diesel(sql_type = crate::columns::$column))]
        pub struct $name(String);

        impl $name {
            /// Reads an id as [`canonical_uuid`] does. `None` if the text is not a canonical UUID.
            pub fn parse(text: &str) -> Option<Self> {
                canonical_uuid(text).map(Self)
            }

            /// An id that this pair wrote itself: into the database, or into a token whose signature was verified.
            pub fn from_trusted(text: String) -> Self {
                Self(text)
            }

            /// A new one.
            pub fn random() -> Self {
                Self(Uuid::new_v4().to_string())
            }

            /// The id as it is stored.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

typed_id! {
    /// The id of a user: the `sub` of people's tokens.
    UserId, UserIdText
}

typed_id! {
    /// The id of a session: the `sid` of tokens.
    SessionId, SessionIdText
}

typed_id! {
    /// The id of a service account: its `client_id`, and the `sub` of its tokens.
    ClientId, ClientIdText
}

typed_id! {
    /// The id of a token: its `jti`.
    TokenId, TokenIdText
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11";

    #[test]
    fn a_uuid_with_hyphens_is_one_id_in_any_letter_case() {
        for text in [ID, &ID.to_uppercase(), "0B9f3a5E-6f0c-4e44-9C3F-2f6f5d9c1a11"] {
            let id = UserId::parse(text).unwrap();
            assert_eq!(
                (id.as_str(), id.to_string(), String::from(id.clone())),
                (ID, ID.into(), ID.into())
            );
        }
    }

    #[test]
    fn a_new_id_reads_as_itself_and_no_two_are_equal() {
        let new = SessionId::random();
        assert_eq!(SessionId::parse(new.as_str()), Some(new.clone()));
        assert_ne!(SessionId::random(), new);
    }

    #[test]
    fn every_other_text_is_no_id() {
        let others = [
            String::new(),
            "1".to_owned(),
            ID.replace('-', ""),
            format!("{{{ID}}}"),
            format!("urn:uuid:{ID}"),
            format!(" {ID}"),
            format!("{ID}\n"),
            format!("{ID}\0"),
            ID.replace('0', "é"),
            ID.replace('0', "０"),
            ID.replace('0', "g"),
            ID.replace('-', "_"),
            ID.replacen('-', "", 1) + "0",
            "a".repeat(36),
            "a".repeat(100_000),
        ];
        for other in others {
            assert_eq!(UserId::parse(&other), None, "{other:?}");
        }
    }

    #[test]
    fn every_form_that_some_program_reads_looks_like_an_id() {
        let forms =
            [ID.to_owned(), ID.replace('-', ""), format!("{{{ID}}}"), format!("urn:uuid:{ID}")];
        for form in forms {
            assert!(
                looks_like_uuid(&form)
                    && looks_like_uuid(&form.to_uppercase().replace("URN:UUID", "urn:uuid")),
                "{form}"
            );
        }
        assert!(!looks_like_uuid("ana") && !looks_like_uuid(&ID.replacen('-', "", 1)));
    }
}
