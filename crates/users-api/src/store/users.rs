//! The view `public_users`.
//!
//! Its order is `(created_at, id)`, for which the table has an index; another one has the names. A list costs
//! what it shows, except that [`list_behind`] steps over the index entries before it, and that under a filter
//! some of one index has to be read and thrown away.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper,
};
use service_kit::database::{AnyConnection, DatabaseError};

use super::{
    schema::public_users as users,
    way::{KeyRange, Way, named, reaches},
};

type Done<T> = Result<T, DatabaseError>;

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
    let way = Way::choose(connection, names)?;
    list_by(connection, way, start, limit)
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
    let way = Way::choose(connection, names)?;
    if offset == 0 {
        return list_by(connection, way, &Start::First, limit);
    }
    let place = way.users().offset(offset).limit(1).select((users::created_at, users::id));
    match place.first(connection).optional()? {
        Some(place) => list_by(connection, way, &Start::At(place), limit),
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
    if reaches(connection, names, most)? {
        return Ok(most);
    }
    Ok(named(names).count().get_result(connection)?)
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

fn list_by(
    connection: &mut AnyConnection,
    way: Way<'_>,
    start: &Start,
    limit: i64,
) -> Done<Vec<UserRow>> {
    // `created_at >= ?` bounds the walk over the index and the rest drops what ties with the place. The
    // usual `created_at > ? OR (created_at = ? AND id > ?)` would read everything before it.
    let query = match start {
        Start::First => way.users(),
        Start::At(place) => way
            .users()
            .filter(users::created_at.ge(place.created_at))
            .filter(users::created_at.gt(place.created_at).or(users::id.ge(&place.id))),
        Start::After(place) => way
            .users()
            .filter(users::created_at.ge(place.created_at))
            .filter(users::created_at.gt(place.created_at).or(users::id.gt(&place.id))),
    };
    Ok(query.limit(limit).select(UserRow::as_select()).load(connection)?)
}
