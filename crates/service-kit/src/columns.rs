//! The SQL types of columns that hold [ids](crate::ids) and [times](crate::unix_time).
//!
//! On both databases such a column is an ordinary `TEXT` or `BIGINT`; the types exist only for the compiler. So a query
//! that compares a user's id with a session's, or seconds with microseconds, does not compile.

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql},
    serialize::{self, Output, ToSql},
    sql_types::{BigInt, Text},
};

use crate::{
    ids::{ClientId, SessionId, TokenId, UserId},
    unix_time::{UnixMicros, UnixSeconds},
};

macro_rules! text_column {
    ($(#[$meta:meta])* $column:ident of $value:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, diesel::query_builder::QueryId, diesel::sql_types::SqlType)]
        #[diesel(postgres_type(oid = 25, array_oid = 1009))]
        #[diesel(sqlite_type(name = "Text"))]
        pub struct $column;

        impl<DB: Backend> ToSql<$column, DB> for $value
        where
            str: ToSql<Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                self.as_str().to_sql(out)
            }
        }

        impl<DB: Backend> FromSql<$column, DB> for $value
        where
            String: FromSql<Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                String::from_sql(value).map(Self::from_trusted)
            }
        }
    };
}

macro_rules! number_column {
    ($(#[$meta:meta])* $column:ident of $value:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, diesel::query_builder::QueryId, diesel::sql_types::SqlType)]
        #[diesel(postgres_type(oid = 20, array_oid = 1016))]
        #[diesel(sqlite_type(name = "Long"))]
        pub struct $column;

        impl diesel::sql_types::SqlOrd for $column {}

        impl<DB: Backend> ToSql<$column, DB> for $value
        where
            i64: ToSql<BigInt, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                self.as_ref().to_sql(out)
            }
        }

        impl<DB: Backend> FromSql<$column, DB> for $value
        where
            i64: FromSql<BigInt, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                i64::from_sql(value).map(Self::new)
            }
        }
    };
}

text_column! {
    /// The id of a user.
    UserIdText of UserId
}

text_column! {
    /// The id of a session.
    SessionIdText of SessionId
}

text_column! {
    /// The id of a service account.
    ClientIdText of ClientId
}

text_column! {
    /// The id of a token.
    TokenIdText of TokenId
}

number_column! {
    /// Whole seconds since the epoch.
    Seconds of UnixSeconds
}

number_column! {
    /// Microseconds since the epoch.
    Micros of UnixMicros
}
