//! The table `users`.

use database::{AnyConnection, CachedStatement};
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable,
    SelectableHelper, delete, insert_into, update,
};

use service_kit::{
    ids::UserId,
    unix_time::{UnixMicros, UnixSeconds},
};

use super::DbResult;
use super::{names::StoredSkeletons, schema::users};

/// One user as stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub struct UserRow {
    /// The `sub` of its tokens.
    pub id: UserId,
    /// The name as its owner writes it.
    pub username: String,
    /// The name's canonical form, unique.
    pub username_key: String,
    /// The address as its owner writes it.
    pub email: String,
    /// The address's canonical form, unique.
    pub email_key: String,
    /// A PHC string.
    pub password_hash: String,
    /// Scopes, separated by spaces.
    pub scope: String,
    /// The credential version. Raised by everything that makes logins in flight fail: a new password, logout-all,
    /// disabling.
    pub credential_version: i64,
    /// Seconds since the epoch.
    pub last_login_at: Option<UnixSeconds>,
    /// Seconds since the epoch; set while the user is disabled.
    pub disabled_at: Option<UnixSeconds>,
    /// When it was registered.
    pub created_at: UnixMicros,
    /// Grows with what ends the tokens of trusted devices: a new password, disabling.
    pub device_epoch: i64,
}

/// Inserts a new user. A taken name or address is a conflict.
pub fn insert(
    connection: &mut AnyConnection,
    user: &UserRow,
    skeletons: &StoredSkeletons,
) -> DbResult<()> {
    let skeletons = (
        users::username_look.eq(&skeletons.canonical),
        users::username_look_shown.eq(skeletons.shown.as_ref()),
    );
    insert_into(users::table).values((user, skeletons)).execute(connection)?;
    Ok(())
}

/// The user with this id.
pub fn by_id(connection: &mut AnyConnection, id: &UserId) -> DbResult<Option<UserRow>> {
    let query = users::table.find(id).select(UserRow::as_select());
    Ok(query.first(connection).optional()?)
}

/// The user whose name has this canonical form.
pub fn by_username_key(connection: &mut AnyConnection, key: &str) -> DbResult<Option<UserRow>> {
    let query = users::table.filter(users::username_key.eq(key)).select(UserRow::as_select());
    Ok(query.first(connection).optional()?)
}

/// The user whose address has this canonical form.
pub fn by_email_key(connection: &mut AnyConnection, key: &str) -> DbResult<Option<UserRow>> {
    let query = users::table.filter(users::email_key.eq(key)).select(UserRow::as_select());
    Ok(query.first(connection).optional()?)
}

/// Records a login, if the credentials that were checked are still valid; `false` if not.
///
/// The update also locks the row, so that a login and a change that ends logins run one after the other.
pub fn record_login_if_unchanged(
    connection: &mut AnyConnection,
    id: &UserId,
    version: i64,
    now: UnixSeconds,
) -> DbResult<bool> {
    let unchanged = users::table
        .filter(users::id.eq(id))
        .filter(users::credential_version.eq(version))
        .filter(users::disabled_at.is_null());
    let noted = update(unchanged).set(users::last_login_at.eq(Some(now))).returning(users::id);
    Ok(CachedStatement(noted).get_result::<UserId>(connection).optional()?.is_some())
}

/// Makes logins in flight fail. `false` if there is no such user.
pub fn bump_credential_version(connection: &mut AnyConnection, id: &UserId) -> DbResult<bool> {
    let version = users::credential_version.eq(users::credential_version + 1);
    Ok(update(users::table.find(id)).set(version).execute(connection)? == 1)
}

/// The same for several users.
pub fn bump_credential_versions(connection: &mut AnyConnection, ids: &[UserId]) -> DbResult<usize> {
    let version = users::credential_version.eq(users::credential_version + 1);
    Ok(update(users::table.filter(users::id.eq_any(ids))).set(version).execute(connection)?)
}

/// Replaces the hash by a stronger hash of the same password, if no other password was set meanwhile.
pub fn replace_hash(
    connection: &mut AnyConnection,
    id: &UserId,
    old: &str,
    new: &str,
) -> DbResult<bool> {
    let unchanged = users::table.filter(users::id.eq(id)).filter(users::password_hash.eq(old));
    Ok(update(unchanged).set(users::password_hash.eq(new)).execute(connection)? == 1)
}

/// Sets a new password's hash. No device is trusted any more.
pub fn set_password_hash(
    connection: &mut AnyConnection,
    id: &UserId,
    hash: &str,
) -> DbResult<bool> {
    let new = (users::password_hash.eq(hash), users::device_epoch.eq(users::device_epoch + 1));
    Ok(update(users::table.find(id)).set(new).execute(connection)? == 1)
}

/// A name or an address as its owner writes it, and as it is compared.
#[derive(Clone, Copy, Debug)]
pub struct NameForms<'a> {
    /// As its owner writes it.
    pub shown: &'a str,
    /// The canonical form, which is unique.
    pub key: &'a str,
}

/// Sets the name. A taken name is a conflict.
pub fn set_username(
    connection: &mut AnyConnection,
    id: &UserId,
    name: NameForms<'_>,
    skeletons: &StoredSkeletons,
) -> DbResult<bool> {
    let new = (
        users::username.eq(name.shown),
        users::username_key.eq(name.key),
        users::username_look.eq(&skeletons.canonical),
        users::username_look_shown.eq(skeletons.shown.as_ref()),
    );
    Ok(update(users::table.find(id)).set(new).execute(connection)? == 1)
}

/// Sets the address: its shown and its canonical form. A taken address is a conflict.
pub fn set_email(
    connection: &mut AnyConnection,
    id: &UserId,
    address: NameForms<'_>,
) -> DbResult<bool> {
    let new = (users::email.eq(address.shown), users::email_key.eq(address.key));
    Ok(update(users::table.find(id)).set(new).execute(connection)? == 1)
}

/// Sets the scopes.
pub fn set_scope(connection: &mut AnyConnection, id: &UserId, scope: &str) -> DbResult<bool> {
    Ok(update(users::table.find(id)).set(users::scope.eq(scope)).execute(connection)? == 1)
}

/// Locks the row until the transaction ends (PostgreSQL; on SQLite there is only one writer).
pub fn lock(connection: &mut AnyConnection, id: &UserId) -> DbResult<()> {
    update(users::table.find(id)).set(users::scope.eq(users::scope)).execute(connection)?;
    Ok(())
}

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

/// Replaces one value of `scope` by another for users in a range of ids. Returns how many.
pub fn replace_scope(
    connection: &mut AnyConnection,
    batch: &UserBatch,
    old: &str,
    new: &str,
) -> DbResult<usize> {
    let batch = users::table
        .filter(users::id.gt(batch.after()))
        .filter(users::id.le(&batch.last))
        .filter(users::scope.eq(old));
    Ok(update(batch).set(users::scope.eq(new)).execute(connection)?)
}

/// Sets or clears the time at which the user was disabled. No device is trusted any more.
pub fn set_disabled(
    connection: &mut AnyConnection,
    id: &UserId,
    at: Option<UnixSeconds>,
) -> DbResult<bool> {
    let new = (users::disabled_at.eq(at), users::device_epoch.eq(users::device_epoch + 1));
    Ok(update(users::table.find(id)).set(new).execute(connection)? == 1)
}

/// Deletes the user, and with it its sessions.
pub fn remove(connection: &mut AnyConnection, id: &UserId) -> DbResult<bool> {
    Ok(delete(users::table.find(id)).execute(connection)? == 1)
}

/// Up to `limit` users after the position `(created_at, id)`, in that order.
pub fn registered_after(
    connection: &mut AnyConnection,
    last: Option<&UserRow>,
    limit: i64,
) -> DbResult<Vec<UserRow>> {
    use diesel::BoolExpressionMethods;
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
pub struct StoredHash {
    /// The user's id.
    #[diesel(column_name = id)]
    pub user_id: UserId,
    /// A PHC string.
    pub password_hash: String,
}

/// The stored hashes of up to `limit` users in the order of ids: those after the id `after`, or the first ones.
pub fn password_hashes_after(
    connection: &mut AnyConnection,
    after: Option<&UserId>,
    limit: i64,
) -> DbResult<Vec<StoredHash>> {
    let query = users::table
        .filter(users::id.gt(range_start(after)))
        .order(users::id)
        .limit(limit)
        .select(StoredHash::as_select());
    Ok(query.load(connection)?)
}
