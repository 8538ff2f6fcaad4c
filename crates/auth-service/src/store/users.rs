//! The table `users`.

mod address;
pub mod administration;
mod batches;
pub mod import;

use database::{AnyConnection, CachedStatement};
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable,
    SelectableHelper, delete, insert_into, update,
};

use service_kit::{
    ids::UserId,
    unix_time::{UnixMicros, UnixSeconds},
};

pub use self::address::{
    AddressState, is_proof_overdue, mark_proven, mark_unproven, overdue_proofs, set_email,
    set_locale, set_pending_email,
};
pub use self::batches::{
    NewRightsVersion, UserBatch, UserHash, next_batch, password_hashes_after, registered_after,
    replace_scope, scopes_in,
};
use super::{DbResult, HashText};
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
    pub password_hash: HashText,
    /// Scopes, separated by spaces.
    pub scope: String,
    /// The credential version. A new password, signing out everywhere and disabling raise it, and so make log-ins in
    /// flight fail.
    pub credential_version: i64,
    /// Seconds since the epoch.
    pub last_login_at: Option<UnixSeconds>,
    /// Seconds since the epoch; set while the user is disabled.
    pub disabled_at: Option<UnixSeconds>,
    /// When it was registered.
    pub created_at: UnixMicros,
    /// The device epoch. A new password, disabling and enabling raise it, which ends the tokens of trusted devices.
    pub device_epoch: i64,
    /// The rights version: each change of scope, `ext` or the proven address raises it.
    pub rights_version: i64,
    /// Further claims of its tokens: a JSON object.
    pub ext: Option<String>,
    /// Why the user is disabled, for administrators.
    pub disabled_reason: Option<String>,
    /// Whether the address is proven, and what mails to the user need.
    #[diesel(embed)]
    pub address: AddressState,
}

/// A user's rights, as they go into tokens.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct StoredRights {
    /// Scopes, separated by spaces.
    pub scope: String,
    /// A JSON object.
    pub ext: Option<String>,
    /// The rights version.
    pub rights_version: i64,
}

impl UserRow {
    /// The row with these rights.
    #[must_use]
    pub fn with_rights(self, rights: StoredRights) -> Self {
        let StoredRights { scope, ext, rights_version } = rights;
        Self { scope, ext, rights_version, ..self }
    }
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

/// Records a log-in, if the credentials that were checked are still valid; `None` if not. Returns the current rights.
///
/// The update also locks the row, so that a log-in and a change of credentials or rights run one after the other.
pub fn record_login_if_unchanged(
    connection: &mut AnyConnection,
    id: &UserId,
    version: i64,
    now: UnixSeconds,
) -> DbResult<Option<StoredRights>> {
    let unchanged = users::table
        .filter(users::id.eq(id))
        .filter(users::credential_version.eq(version))
        .filter(users::disabled_at.is_null());
    let rights = (users::scope, users::ext, users::rights_version);
    let recorded = update(unchanged).set(users::last_login_at.eq(Some(now))).returning(rights);
    Ok(CachedStatement(recorded).get_result::<StoredRights>(connection).optional()?)
}

/// Raises the credential version, which makes log-ins in flight fail. `false` if there is no such user.
pub fn bump_credential_version(connection: &mut AnyConnection, id: &UserId) -> DbResult<bool> {
    let version = users::credential_version.eq(users::credential_version + 1);
    Ok(update(users::table.find(id)).set(version).execute(connection)? == 1)
}

/// Raises the credential versions of several users.
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

/// Sets scopes and `ext`, and raises the rights version by one.
pub fn set_rights(
    connection: &mut AnyConnection,
    id: &UserId,
    scope: &str,
    ext: Option<&str>,
) -> DbResult<bool> {
    let new = (
        users::scope.eq(scope),
        users::ext.eq(ext),
        users::rights_version.eq(users::rights_version + 1),
    );
    Ok(update(users::table.find(id)).set(new).execute(connection)? == 1)
}

/// Raises a user's rights version to the next one that is also above `above`. Returns it; `None` if there is no such
/// user. The caller has locked the row.
pub fn raise_rights_version(
    connection: &mut AnyConnection,
    id: &UserId,
    above: i64,
) -> DbResult<Option<i64>> {
    let Some(user) = by_id(connection, id)? else { return Ok(None) };
    let version = user.rights_version.max(above) + 1;
    update(users::table.find(id)).set(users::rights_version.eq(version)).execute(connection)?;
    Ok(Some(version))
}

/// Locks the row until the transaction ends (PostgreSQL; on SQLite there is only one writer).
pub fn lock(connection: &mut AnyConnection, id: &UserId) -> DbResult<()> {
    update(users::table.find(id)).set(users::scope.eq(users::scope)).execute(connection)?;
    Ok(())
}

/// Deletes the user, and with it its sessions.
pub fn remove(connection: &mut AnyConnection, id: &UserId) -> DbResult<bool> {
    Ok(delete(users::table.find(id)).execute(connection)? == 1)
}
