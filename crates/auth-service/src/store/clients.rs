//! The table `clients`: service accounts.

use database::AnyConnection;
use diesel::{
    ExpressionMethods, Insertable, NullableExpressionMethods, OptionalExtension, QueryDsl,
    Queryable, RunQueryDsl, Selectable, SelectableHelper, insert_into, update,
};

use service_kit::{ids::ClientId, unix_time::UnixSeconds};

use super::schema::clients;
use super::{
    DbResult, HashText,
    sessions::{AccessExpiry, expiry::access_expiries},
};

/// One service account as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = clients, treat_none_as_default_value = false)]
pub struct ClientRow {
    /// A UUID: the `client_id` and the `sub` of its tokens.
    pub id: ClientId,
    /// A name for operators.
    pub name: Option<String>,
    /// SHA-256 of its secret, base64url.
    pub secret_hash: HashText,
    /// The hash of the previous secret, until it is retired.
    pub old_secret_hash: Option<HashText>,
    /// Scopes, separated by spaces: its tokens may have these scopes and no others.
    pub scope: String,
    /// When it was made.
    pub created_at: UnixSeconds,
    /// When it was disabled, permanently.
    pub disabled_at: Option<UnixSeconds>,
    /// All access tokens that were issued to it so far have expired after this time.
    pub access_expires_at: UnixSeconds,
}

/// Inserts a new service account.
pub fn insert(connection: &mut AnyConnection, client: &ClientRow) -> DbResult<()> {
    insert_into(clients::table).values(client).execute(connection)?;
    Ok(())
}

/// The service account with this id.
pub fn by_id(connection: &mut AnyConnection, id: &ClientId) -> DbResult<Option<ClientRow>> {
    let query = clients::table.find(id).select(ClientRow::as_select());
    Ok(query.first(connection).optional()?)
}

/// Every service account, oldest first. There are few, because operators create them, so there is no paging.
pub fn all(connection: &mut AnyConnection) -> DbResult<Vec<ClientRow>> {
    let query =
        clients::table.order((clients::created_at, clients::id)).select(ClientRow::as_select());
    Ok(query.load(connection)?)
}

/// Whether the service account was disabled, or there is no such account.
pub fn is_disabled(connection: &mut AnyConnection, id: &ClientId) -> DbResult<bool> {
    let live = clients::table
        .filter(clients::id.eq(id))
        .filter(clients::disabled_at.is_null())
        .select(clients::id);
    Ok(live.first::<ClientId>(connection).optional()?.is_none())
}

/// Raises the latest expiry of its tokens; a lower one changes nothing. `false` if it was disabled, or there is no such
/// account.
///
/// The update locks the row. So it runs either before the account is disabled, which then reads the new expiry, or
/// afterwards, and changes nothing.
pub fn raise_access_expiry(
    connection: &mut AnyConnection,
    id: &ClientId,
    to: UnixSeconds,
) -> DbResult<bool> {
    let live = clients::table.filter(clients::id.eq(id)).filter(clients::disabled_at.is_null());
    let lower = live.filter(clients::access_expires_at.lt(to));
    if update(lower).set(clients::access_expires_at.eq(to)).execute(connection)? == 1 {
        return Ok(true);
    }
    // Another process may already have raised it further.
    let raised = live.filter(clients::access_expires_at.ge(to)).select(clients::id);
    Ok(raised.first::<ClientId>(connection).optional()?.is_some())
}

/// Adds a second secret. `false` if it already has two, was disabled, or there is no such account.
pub fn rotate_secret(connection: &mut AnyConnection, id: &ClientId, new: &str) -> DbResult<bool> {
    let with_one = clients::table
        .filter(clients::id.eq(id))
        .filter(clients::old_secret_hash.is_null())
        .filter(clients::disabled_at.is_null());
    let both = (
        clients::old_secret_hash.eq(clients::secret_hash.nullable()),
        clients::secret_hash.eq(new),
    );
    Ok(update(with_one).set(both).execute(connection)? == 1)
}

/// Removes the older one of its two secrets. `false` if it has only one, or there is no such account.
pub fn retire_secret(connection: &mut AnyConnection, id: &ClientId) -> DbResult<bool> {
    let with_two =
        clients::table.filter(clients::id.eq(id)).filter(clients::old_secret_hash.is_not_null());
    let none = clients::old_secret_hash.eq(None::<String>);
    Ok(update(with_two).set(none).execute(connection)? == 1)
}

/// Disables these accounts, if they are enabled. Returns each disabled account with the latest expiry of its tokens.
pub fn disable_listed(
    connection: &mut AnyConnection,
    ids: &[ClientId],
    now: UnixSeconds,
) -> DbResult<Vec<AccessExpiry<ClientId>>> {
    let live =
        clients::table.filter(clients::id.eq_any(ids)).filter(clients::disabled_at.is_null());
    let disabled = update(live).set(clients::disabled_at.eq(Some(now)));
    let disabled =
        disabled.returning((clients::id, clients::access_expires_at)).load(connection)?;
    Ok(access_expiries(disabled))
}

/// Disables it. `false` if it was already disabled, or there is no such account.
pub fn disable(connection: &mut AnyConnection, id: &ClientId, now: UnixSeconds) -> DbResult<bool> {
    let live = clients::table.filter(clients::id.eq(id)).filter(clients::disabled_at.is_null());
    Ok(update(live).set(clients::disabled_at.eq(Some(now))).execute(connection)? == 1)
}
