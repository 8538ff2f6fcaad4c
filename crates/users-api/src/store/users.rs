//! The view `public_users`.
//!
//! Its order is `(created_at, id)`, which the table's index has too. Every query here costs what it shows,
//! except that [`list_behind`] steps over the index entries before it, and that counting counts.

use diesel::{
    BoolExpressionMethods, Connection, ExpressionMethods, OptionalExtension, QueryDsl, Queryable,
    RunQueryDsl, Selectable, SelectableHelper,
};
use service_kit::database::{AnyConnection, DatabaseError};

use super::schema::public_users as users;

/// One user as the view shows it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct UserRow {
    /// A UUID.
    pub id: String,
    /// The name as its owner writes it.
    pub username: String,
    /// The address as its owner writes it.
    pub email: String,
    /// Microseconds since the epoch.
    pub created_at: i64,
}

/// A place in the order of users.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Place {
    /// Microseconds since the epoch.
    pub created_at: i64,
    /// The user's id.
    pub id: String,
}

/// Canonical names from one up to, and without, another; byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// The first name in the range.
    pub from: String,
    /// The first name behind it; `None` when nothing is.
    pub to: Option<String>,
}

/// Which users of the order a page begins with.
#[derive(Clone, Debug)]
pub enum Start {
    /// The first one.
    First,
    /// The one at this place, or the next if it is gone.
    At(Place),
    /// The next one behind this place, whether or not somebody still is there.
    After(Place),
}

type Done<T> = Result<T, DatabaseError>;
type Backend = <AnyConnection as Connection>::Backend;
type Boxed<'a> = users::BoxedQuery<'a, Backend>;

/// The user of that id.
///
/// # Errors
/// When the database does not answer.
pub fn by_id(connection: &mut AnyConnection, user: &str) -> Done<Option<UserRow>> {
    let query = users::table.find(user).select(UserRow::as_select());
    Ok(query.first(connection).optional()?)
}

/// Up to `limit` users in order.
///
/// # Errors
/// When the database does not answer.
pub fn list(
    connection: &mut AnyConnection,
    names: Option<&KeyRange>,
    start: &Start,
    limit: i64,
) -> Done<Vec<UserRow>> {
    // `created_at >= ?` bounds the walk over the index and the rest drops what ties with the place. The
    // usual `created_at > ? OR (created_at = ? AND id > ?)` would read everything before it.
    let query = match start {
        Start::First => among(names),
        Start::At(place) => among(names)
            .filter(users::created_at.ge(place.created_at))
            .filter(users::created_at.gt(place.created_at).or(users::id.ge(&place.id))),
        Start::After(place) => among(names)
            .filter(users::created_at.ge(place.created_at))
            .filter(users::created_at.gt(place.created_at).or(users::id.gt(&place.id))),
    };
    let query =
        query.order((users::created_at, users::id)).limit(limit).select(UserRow::as_select());
    Ok(query.load(connection)?)
}

/// Up to `limit` users in order, behind `offset` others. First the place is looked up, which reads only the
/// index if there is no range of names; the rows stepped over are never read.
///
/// # Errors
/// When the database does not answer.
pub fn list_behind(
    connection: &mut AnyConnection,
    names: Option<&KeyRange>,
    offset: i64,
    limit: i64,
) -> Done<Vec<UserRow>> {
    if offset == 0 {
        return list(connection, names, &Start::First, limit);
    }
    let place = among(names).order((users::created_at, users::id)).offset(offset).limit(1);
    match place.select((users::created_at, users::id)).first(connection).optional()? {
        Some(place) => list(connection, names, &Start::At(place), limit),
        None => Ok(Vec::new()),
    }
}

/// How many users there are.
///
/// # Errors
/// When the database does not answer.
pub fn count(connection: &mut AnyConnection) -> Done<i64> {
    Ok(users::table.count().get_result(connection)?)
}

/// How many users have a name in the range, counted up to `most`.
///
/// # Errors
/// When the database does not answer.
pub fn count_up_to(connection: &mut AnyConnection, names: &KeyRange, most: i64) -> Done<i64> {
    // Looking for the last one to count first keeps a short prefix among millions from being counted.
    let last = among(Some(names)).order(users::username_key).offset(most - 1).limit(1);
    let reaches: Option<String> = last.select(users::id).first(connection).optional()?;
    match reaches {
        Some(_) => Ok(most),
        None => Ok(among(Some(names)).count().get_result(connection)?),
    }
}

/// Whether the view can be read.
///
/// # Errors
/// When it cannot, with the reason.
pub fn probe(connection: &mut AnyConnection) -> Done<()> {
    let first: Option<String> =
        users::table.select(users::id).limit(1).first(connection).optional()?;
    drop(first);
    Ok(())
}

fn among(names: Option<&KeyRange>) -> Boxed<'_> {
    let all = users::table.into_boxed();
    match names {
        None => all,
        Some(KeyRange { from, to: None }) => all.filter(users::username_key.ge(from)),
        Some(KeyRange { from, to: Some(to) }) => {
            all.filter(users::username_key.ge(from)).filter(users::username_key.lt(to))
        }
    }
}
