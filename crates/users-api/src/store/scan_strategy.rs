//! Which index a filtered list is read by.

use database::{AnyConnection, DatabaseError};
use diesel::{Connection, ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};

use super::schema::public_users as users;

/// Canonical names from `from` up to, and without, `to`; compared byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// The first name in the range.
    pub from: String,
    /// The first name after the range; `None` when the range has no upper end.
    pub to: Option<String>,
}

/// From this many matches on, a filtered list is in the order of names. Reading and sorting fewer rows costs
/// milliseconds; sorting all matches of a common prefix cost 200 ms, and walking in the order of creation costs as much
/// when the matches are the newest of many users.
pub(super) const COMMON: i64 = 5_000;

/// How a list is read. The cost of each is bounded, whatever users there are: the strategy is chosen by the number of
/// matches, which neither SQLite nor a prepared plan of PostgreSQL knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScanStrategy<'a> {
    /// No filter: the index of `(created_at, id)`, in that order.
    Everyone,
    /// Few matches: all of them by the index of names, then sorted by `(created_at, id)`.
    FewMatches(&'a KeyRange),
    /// Many matches: the index of names, in its own order.
    ManyMatches(&'a KeyRange),
}

type Backend = <AnyConnection as Connection>::Backend;
pub(super) type UsersQuery<'a> = users::BoxedQuery<'a, Backend>;

impl<'a> ScanStrategy<'a> {
    /// The strategy for the first page of a list.
    pub(super) fn choose(
        connection: &mut AnyConnection,
        names: Option<&'a KeyRange>,
    ) -> Result<Self, DatabaseError> {
        Ok(match names {
            None => Self::Everyone,
            Some(names) if has_at_least(connection, names, COMMON)? => Self::ManyMatches(names),
            Some(names) => Self::FewMatches(names),
        })
    }

    /// The users of the list, in its order.
    pub(super) fn users(self) -> UsersQuery<'a> {
        match self {
            Self::Everyone => users::table.into_boxed().order((users::created_at, users::id)),
            // The planner cannot use the index of creation for an expression, so it takes the one of names.
            Self::FewMatches(names) => in_range(names).order((users::created_at + 0, users::id)),
            Self::ManyMatches(names) => in_range(names).order(users::username_key),
        }
    }
}

/// Whether at least `count` users have a name in the range. Reads the index of names alone, and `count` entries at most.
pub(super) fn has_at_least(
    connection: &mut AnyConnection,
    names: &KeyRange,
    count: i64,
) -> Result<bool, DatabaseError> {
    let last = in_range(names).order(users::username_key).offset(count - 1).limit(1);
    let last: Option<String> = last.select(users::username_key).first(connection).optional()?;
    Ok(last.is_some())
}

/// The users with a name in the range, in no order.
pub(super) fn in_range(KeyRange { from, to }: &KeyRange) -> UsersQuery<'_> {
    let query = users::table.into_boxed().filter(users::username_key.ge(from));
    match to {
        Some(to) => query.filter(users::username_key.lt(to)),
        None => query,
    }
}
