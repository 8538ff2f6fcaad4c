//! The columns of ids and times, on a connection to either database.

use diesel::sql_types::HasSqlType;
use service_kit::columns::{ClientIdText, Micros, Seconds, SessionIdText, TokenIdText, UserIdText};

use crate::connection::MultiBackend;

/// Implements for our columns what diesel derives only for its own SQL types.
macro_rules! on_any_connection {
    ($($column:ident),*) => {
        $(impl HasSqlType<$column> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                Self::lookup_sql_type::<$column>(lookup)
            }
        })*
    };
}

on_any_connection!(ClientIdText, Micros, Seconds, SessionIdText, TokenIdText, UserIdText);
