//! Hashes of passwords and client secrets, as the columns of the tables hold them.

use std::fmt;

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    serialize::{self, Output, ToSql},
    sql_types::Text,
};

/// A stored hash. With it, an attacker can guess the password offline, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct HashText(String);

impl HashText {
    /// The text as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for HashText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for HashText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for HashText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashText(***)")
    }
}

impl<DB> FromSql<Text, DB> for HashText
where
    DB: Backend,
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        String::from_sql(bytes).map(Self)
    }
}

impl<DB> ToSql<Text, DB> for HashText
where
    DB: Backend,
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.as_str().to_sql(out)
    }
}

#[cfg(test)]
mod tests {
    use super::HashText;

    #[test]
    fn debug_output_does_not_show_the_hash() {
        assert_eq!(format!("{:?}", HashText::from("$argon2id$secret")), "HashText(***)");
    }
}
