//! Two ways through a filtered list, and which to take.

use diesel::{
    Connection, ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, TextExpressionMethods,
};
use service_kit::database::{AnyConnection, DatabaseError};

use super::schema::public_users as users;

/// Canonical names from one up to, and without, another; byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// The first name in the range.
    pub from: String,
    /// The first name behind it; `None` when nothing is.
    pub to: Option<String>,
}

/// From how many users on a filter counts as common. Reading and sorting fewer costs milliseconds.
const COMMON: i64 = 5_000;

/// How a list is read. Which is better depends on how many users pass the filter, which neither SQLite nor a
/// prepared plan of PostgreSQL knows; so it is looked up, and the other index hidden from the planner.
#[derive(Clone, Copy)]
pub(super) enum Way<'a> {
    /// Everybody, in order.
    All,
    /// Few pass: all of them by the index of names, sorted.
    ByName(&'a KeyRange),
    /// Many pass: in order, those who do not pass over-read. (Sorting 200,000 for one page took 200 ms.)
    InOrder(&'a KeyRange),
}

type Backend = <AnyConnection as Connection>::Backend;
type Boxed<'a> = users::BoxedQuery<'a, Backend>;

impl<'a> Way<'a> {
    /// Looks up whether many pass.
    pub(super) fn choose(
        connection: &mut AnyConnection,
        names: Option<&'a KeyRange>,
    ) -> Result<Self, DatabaseError> {
        Ok(match names {
            None => Self::All,
            Some(names) if reaches(connection, names, COMMON)? => Self::InOrder(names),
            Some(names) => Self::ByName(names),
        })
    }

    /// The users that pass, in order.
    pub(super) fn users(self) -> Boxed<'a> {
        match self {
            Self::All => users::table.into_boxed().order((users::created_at, users::id)),
            // An expression is no index's order.
            Self::ByName(names) => named(names).order((users::created_at + 0, users::id)),
            // Nor is it an index's key.
            Self::InOrder(KeyRange { from, to }) => {
                let key = || users::username_key.concat("");
                let query = users::table.into_boxed().filter(key().ge(from));
                let query = match to {
                    Some(to) => query.filter(key().lt(to)),
                    None => query,
                };
                query.order((users::created_at, users::id))
            }
        }
    }
}

/// Whether as many users have a name in the range. Reads the index of names alone.
pub(super) fn reaches(
    connection: &mut AnyConnection,
    names: &KeyRange,
    count: i64,
) -> Result<bool, DatabaseError> {
    let last = named(names).order(users::username_key).offset(count - 1).limit(1);
    let last: Option<String> = last.select(users::username_key).first(connection).optional()?;
    Ok(last.is_some())
}

/// The users with a name in the range, in no order.
pub(super) fn named(KeyRange { from, to }: &KeyRange) -> Boxed<'_> {
    let query = users::table.into_boxed().filter(users::username_key.ge(from));
    match to {
        Some(to) => query.filter(users::username_key.lt(to)),
        None => query,
    }
}
