//! Reads of the view `public_users`: every user, disabled ones too.
//!
//! The cost of a list is bounded, independent of the number of users: a cursor seeks one index entry; a page number
//! skips at most 100,000 index entries; under a filter fewer than 10,000 rows are sorted, and counting the matches reads
//! at most 10,001 index entries.

use database::{AnyConnection, DatabaseError};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper,
};

use super::{
    scan_strategy::{NameRange, SORT_LIMIT, ScanStrategy, UsersQuery, has_at_least, in_range},
    schema::public_users as users,
};

type DbResult<T> = Result<T, DatabaseError>;

/// One user as the view shows it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct UserRow {
    /// A UUID.
    pub id: String,
    /// The name as its owner writes it.
    pub username: String,
    /// The e-mail address as its owner writes it.
    pub email: String,
    /// Microseconds since the epoch.
    pub created_at: i64,
}

impl UserRow {
    /// The user's position in a list by time of creation.
    fn position_by_creation(&self) -> RowPosition {
        RowPosition::ByCreation { created_at: self.created_at, id: self.id.clone() }
    }
}

/// The position of one user in the order of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowPosition {
    /// In a list by time of creation.
    ByCreation {
        /// Microseconds since the epoch.
        created_at: i64,
        /// The user's id, which orders users of the same microsecond.
        id: String,
    },
    /// In a list by name: the user's canonical name.
    ByName(String),
}

/// Where a page starts.
#[derive(Clone, Debug)]
pub enum PageStart {
    /// After this many users.
    Offset(i64),
    /// After this position, whether or not that user still exists.
    After(RowPosition),
}

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRows {
    /// The users of the page.
    pub rows: Vec<UserRow>,
    /// The position of the last user, if more users follow.
    pub next_position: Option<RowPosition>,
}

/// How many users match a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// Exactly this many.
    Exact(i64),
    /// At least this many; counting stopped.
    AtLeast(i64),
}

/// The user of that id.
///
/// # Errors
/// When the database does not answer.
pub fn by_id(connection: &mut AnyConnection, user: &str) -> DbResult<Option<UserRow>> {
    let query = users::table.find(user).select(UserRow::as_select());
    Ok(query.first(connection).optional()?)
}

/// A page of up to `per_page` users, of all or of those with a name in the range.
///
/// The order is `(created_at, id)`; under a filter that 5,000 users or more match it is the name. `None` for a cursor by
/// time under a filter that 10,000 or more users now match: too many to sort by time. A page by number is never `None`.
///
/// # Errors
/// When the database does not answer.
pub fn list(
    connection: &mut AnyConnection,
    names: Option<&NameRange>,
    start: &PageStart,
    per_page: i64,
) -> DbResult<Option<PageRows>> {
    let strategy = match (names, start) {
        // A signed cursor keeps its filter, so a cursor by name never comes without one.
        (None, PageStart::After(RowPosition::ByName(_))) => return Ok(None),
        (Some(names), PageStart::After(RowPosition::ByName(_))) => ScanStrategy::ManyMatches(names),
        (Some(names), PageStart::After(RowPosition::ByCreation { .. })) => {
            // A list that has grown a little since its first page keeps its order, up to twice the limit.
            if has_at_least(connection, names, 2 * SORT_LIMIT)? {
                return Ok(None);
            }
            ScanStrategy::FewMatches(names)
        }
        (names, PageStart::Offset(_)) => ScanStrategy::choose(connection, names)?,
        (None, PageStart::After(RowPosition::ByCreation { .. })) => ScanStrategy::Everyone,
    };
    let Some(query) = at_page_start(connection, strategy, start)? else {
        return Ok(Some(PageRows::default()));
    };
    // One extra row shows whether another page follows.
    let query = query.limit(per_page + 1);
    Ok(Some(if let ScanStrategy::ManyMatches(_) = strategy {
        let rows = query.select((UserRow::as_select(), users::username_key)).load(connection)?;
        let (rows, more) = split_lookahead(rows, per_page);
        let (rows, mut names): (Vec<UserRow>, Vec<String>) = rows.into_iter().unzip();
        PageRows { rows, next_position: names.pop().filter(|_| more).map(RowPosition::ByName) }
    } else {
        let rows = query.select(UserRow::as_select()).load(connection)?;
        let (rows, more) = split_lookahead(rows, per_page);
        let next_position = rows.last().filter(|_| more).map(UserRow::position_by_creation);
        PageRows { rows, next_position }
    }))
}

/// How many users there are.
///
/// # Errors
/// When the database does not answer.
pub fn count(connection: &mut AnyConnection) -> DbResult<i64> {
    Ok(users::table.count().get_result(connection)?)
}

/// How many users have a name in the range, counted up to `max`.
///
/// # Errors
/// When the database does not answer.
pub fn count_up_to(connection: &mut AnyConnection, names: &NameRange, max: i64) -> DbResult<Total> {
    // Check first whether the limit is reached: that reads at most `max` index entries.
    if has_at_least(connection, names, max)? {
        return Ok(Total::AtLeast(max));
    }
    Ok(Total::Exact(in_range(names).count().get_result(connection)?))
}

/// Whether the view can be read.
///
/// # Errors
/// When it cannot, with the reason.
pub fn probe(connection: &mut AnyConnection) -> DbResult<()> {
    let first: Option<String> =
        users::table.select(users::id).limit(1).first(connection).optional()?;
    // Selecting one row proves that the view exists and may be read.
    drop(first);
    Ok(())
}

/// The users of the list from the start on; `None` when the start is past its end.
fn at_page_start<'a>(
    connection: &mut AnyConnection,
    strategy: ScanStrategy<'a>,
    start: &'a PageStart,
) -> DbResult<Option<UsersQuery<'a>>> {
    let query = strategy.users_in_order();
    Ok(match start {
        PageStart::Offset(0) => Some(query),
        PageStart::Offset(offset) => at_offset(connection, strategy, *offset)?,
        PageStart::After(RowPosition::ByName(name)) => {
            Some(query.filter(users::username_key.gt(name)))
        }
        // `created_at >= ?` bounds the index scan; the second filter drops rows with the same time up to the id. The
        // usual `created_at > ? OR (created_at = ? AND id > ?)` would scan everything before it.
        PageStart::After(RowPosition::ByCreation { created_at, id }) => Some(
            query
                .filter(users::created_at.ge(*created_at))
                .filter(users::created_at.gt(*created_at).or(users::id.gt(id))),
        ),
    })
}

/// Looks up where the page starts, so that skipped rows are never read: the index is enough, except for the few
/// matches that are sorted.
fn at_offset<'a>(
    connection: &mut AnyConnection,
    strategy: ScanStrategy<'a>,
    offset: i64,
) -> DbResult<Option<UsersQuery<'a>>> {
    let first = strategy.users_in_order().offset(offset).limit(1);
    if let ScanStrategy::ManyMatches(_) = strategy {
        let name: Option<String> =
            first.select(users::username_key).first(connection).optional()?;
        return Ok(name.map(|name| strategy.users_in_order().filter(users::username_key.ge(name))));
    }
    let first: Option<(i64, String)> =
        first.select((users::created_at, users::id)).first(connection).optional()?;
    Ok(first.map(|(created_at, id)| {
        let rest = strategy.users_in_order().filter(users::created_at.ge(created_at));
        rest.filter(users::created_at.gt(created_at).or(users::id.ge(id)))
    }))
}

/// Removes the extra row, and returns whether there was one.
fn split_lookahead<R>(mut rows: Vec<R>, per_page: i64) -> (Vec<R>, bool) {
    let size = usize::try_from(per_page).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    (rows, more)
}
