//! Chooses the index by which a list is read.

use database::{AnyConnection, DatabaseError};
use diesel::{Connection, ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};

use super::schema::public_users as users;

/// Canonical names from `from` up to, and without, `to`; compared byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRange {
    /// The first name in the range.
    pub from: String,
    /// The first name after the range; `None` when the range has no upper end.
    pub to: Option<String>,
}

/// Fewer matches than this are sorted by creation time; this many or more are listed in name order instead. Sorting
/// 5,000 rows takes milliseconds; sorting all matches of a common prefix took 200 ms, and scanning in creation order is
/// as slow when the matches are the newest of many users.
pub(super) const SORT_LIMIT: i64 = 5_000;

/// How a list is read. The cost of each is bounded. The strategy depends on the number of matches, which the query
/// planners do not know in advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScanStrategy<'a> {
    /// No filter: the index of `(created_at, id)`, in that order.
    Everyone,
    /// Few matches: all of them by the index of names, then sorted by `(created_at, id)`.
    FewMatches(&'a NameRange),
    /// Many matches: the index of names, in its own order.
    ManyMatches(&'a NameRange),
}

type Backend = <AnyConnection as Connection>::Backend;
pub(super) type UsersQuery<'a> = users::BoxedQuery<'a, Backend>;

impl<'a> ScanStrategy<'a> {
    /// The strategy for a page by number. With a filter it counts the matches, up to [`SORT_LIMIT`].
    pub(super) fn choose(
        connection: &mut AnyConnection,
        names: Option<&'a NameRange>,
    ) -> Result<Self, DatabaseError> {
        Ok(match names {
            None => Self::Everyone,
            Some(names) if has_at_least(connection, names, SORT_LIMIT)? => Self::ManyMatches(names),
            Some(names) => Self::FewMatches(names),
        })
    }

    /// The users of the list, in its order.
    pub(super) fn users_in_order(self) -> UsersQuery<'a> {
        match self {
            Self::Everyone => users::table.into_boxed().order((users::created_at, users::id)),
            // The planner cannot use the index of creation for an expression, so it takes the one of names.
            Self::FewMatches(names) => in_range(names).order((users::created_at + 0, users::id)),
            Self::ManyMatches(names) => in_range(names).order(users::username_key),
        }
    }
}

/// Whether at least `count` users have a name in the range. Reads only the index of names, and `count` entries at most.
pub(super) fn has_at_least(
    connection: &mut AnyConnection,
    names: &NameRange,
    count: i64,
) -> Result<bool, DatabaseError> {
    let last = in_range(names).order(users::username_key).offset(count - 1).limit(1);
    let last: Option<String> = last.select(users::username_key).first(connection).optional()?;
    Ok(last.is_some())
}

/// The users with a name in the range, in no order.
pub(super) fn in_range(NameRange { from, to }: &NameRange) -> UsersQuery<'_> {
    let query = users::table.into_boxed().filter(users::username_key.ge(from));
    match to {
        Some(to) => query.filter(users::username_key.lt(to)),
        None => query,
    }
}
