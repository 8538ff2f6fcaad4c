//! Reads and changes of many users, batch by batch.

use database::AnyConnection;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, Queryable, RunQueryDsl, Selectable,
    SelectableHelper, update,
};
use service_kit::{ids::UserId, unix_time::UnixMicros};

use super::{UserRow, users};
use crate::store::{DbResult, HashText};

/// A range of users in the order of ids.
#[derive(Clone, Debug)]
pub struct UserBatch {
    /// The last user before the batch; `None` if the batch begins with the first user.
    after: Option<UserId>,
    /// The last user of the batch.
    pub last: UserId,
}

impl UserBatch {
    fn after(&self) -> UserId {
        range_start(self.after.as_ref())
    }
}

/// The id after which a range of users begins. An empty text is less than every id.
fn range_start(after: Option<&UserId>) -> UserId {
    after.cloned().unwrap_or_else(|| UserId::from_trusted(String::new()))
}

/// The next `size` users after `after`; `None` after the last user.
pub fn next_batch(
    connection: &mut AnyConnection,
    after: Option<&UserId>,
    size: i64,
) -> DbResult<Option<UserBatch>> {
    let batch = users::table.filter(users::id.gt(range_start(after))).order(users::id).limit(size);
    let ids: Vec<UserId> = batch.select(users::id).load(connection)?;
    Ok(ids.into_iter().next_back().map(|last| UserBatch { after: after.cloned(), last }))
}

/// The different values of `scope` in a batch.
pub fn scopes_in(connection: &mut AnyConnection, batch: &UserBatch) -> DbResult<Vec<String>> {
    let batch = users::table.filter(users::id.gt(batch.after())).filter(users::id.le(&batch.last));
    Ok(batch.select(users::scope).distinct().load(connection)?)
}

/// A user whose rights version was raised.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct NewRightsVersion {
    /// The user's id.
    pub user_id: UserId,
    /// The new version.
    pub rights_version: i64,
}

/// Replaces one value of `scope` by another for users in a range of ids, and raises their rights versions. Returns the
/// users that were changed.
pub fn replace_scope(
    connection: &mut AnyConnection,
    batch: &UserBatch,
    old: &str,
    new: &str,
) -> DbResult<Vec<NewRightsVersion>> {
    let batch = users::table
        .filter(users::id.gt(batch.after()))
        .filter(users::id.le(&batch.last))
        .filter(users::scope.eq(old));
    let new = (users::scope.eq(new), users::rights_version.eq(users::rights_version + 1));
    let changed = update(batch).set(new).returning((users::id, users::rights_version));
    Ok(changed.load(connection)?)
}

/// Up to `limit` users, oldest first: those that were registered after `last`, or the first ones.
pub fn registered_after(
    connection: &mut AnyConnection,
    last: Option<&UserRow>,
    limit: i64,
) -> DbResult<Vec<UserRow>> {
    let id = range_start(last.map(|user| &user.id));
    let created_at = last.map_or(UnixMicros::MIN, |user| user.created_at);
    // This form uses the index; the usual OR of two comparisons reads the whole table.
    let later = users::created_at.gt(created_at).or(users::id.gt(id));
    let query = users::table
        .filter(users::created_at.ge(created_at).and(later))
        .order((users::created_at, users::id))
        .limit(limit)
        .select(UserRow::as_select());
    Ok(query.load(connection)?)
}

/// A user's stored hash.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct UserHash {
    /// The user's id.
    #[diesel(column_name = id)]
    pub user_id: UserId,
    /// A PHC string.
    pub password_hash: HashText,
}

/// The stored hashes of up to `limit` users in the order of ids: those after the id `after`, or the first ones.
pub fn password_hashes_after(
    connection: &mut AnyConnection,
    after: Option<&UserId>,
    limit: i64,
) -> DbResult<Vec<UserHash>> {
    let query = users::table
        .filter(users::id.gt(range_start(after)))
        .order(users::id)
        .limit(limit)
        .select(UserHash::as_select());
    Ok(query.load(connection)?)
}
