//! The table `signing_keys`: the states of the signing keys, which all replicas share.

use database::AnyConnection;
use diesel::{
    ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper,
    delete, insert_into, update,
};

use service_kit::unix_time::UnixSeconds;

use super::schema::signing_keys;
use super::{DbResult, shared_values};

/// The row of `shared_values` that is locked by a transaction that adds a key.
const LOCK: &str = "signing_keys_lock";

/// One key's state.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys, treat_none_as_default_value = false)]
pub struct KeyRow {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// The public modulus, base64url (RFC 7518 section 6.3.1.1).
    pub modulus: String,
    /// When it was made and published.
    pub created_at: UnixSeconds,
    /// When it begins to sign. It signs until a later key does.
    pub activates_at: UnixSeconds,
    /// When it was retired.
    pub retired_at: Option<UnixSeconds>,
    /// When a running service first loaded its private key.
    pub first_loaded_at: Option<UnixSeconds>,
    /// When a service last signed with it although a newer key was active; `None` if never.
    pub last_late_signature_at: Option<UnixSeconds>,
}

impl KeyRow {
    /// A key made at `now` that is active at once.
    pub fn new(kid: &str, modulus: &str, now: UnixSeconds) -> Self {
        Self {
            kid: kid.to_owned(),
            modulus: modulus.to_owned(),
            created_at: now,
            activates_at: now,
            retired_at: None,
            first_loaded_at: None,
            last_late_signature_at: None,
        }
    }
}

/// Every key, oldest first.
pub fn all(connection: &mut AnyConnection) -> DbResult<Vec<KeyRow>> {
    let query = signing_keys::table
        .order((signing_keys::activates_at, signing_keys::kid))
        .select(KeyRow::as_select());
    Ok(query.load(connection)?)
}

/// Locks, so that transactions that add keys run one after the other.
pub fn lock(connection: &mut AnyConnection) -> DbResult<()> {
    shared_values::lock(connection, LOCK)
}

/// Adds a key.
pub fn insert(connection: &mut AnyConnection, key: &KeyRow) -> DbResult<()> {
    insert_into(signing_keys::table).values(key).execute(connection)?;
    Ok(())
}

/// Moves a key's activation, if no other process has moved it meanwhile.
pub fn move_activation(
    connection: &mut AnyConnection,
    kid: &str,
    from: UnixSeconds,
    to: UnixSeconds,
) -> DbResult<bool> {
    let unmoved = signing_keys::table
        .filter(signing_keys::kid.eq(kid))
        .filter(signing_keys::activates_at.eq(from));
    Ok(update(unmoved).set(signing_keys::activates_at.eq(to)).execute(connection)? == 1)
}

/// Records that a running service has loaded the private key, if none has done so before.
pub fn record_first_load(
    connection: &mut AnyConnection,
    kid: &str,
    now: UnixSeconds,
) -> DbResult<()> {
    let new = signing_keys::table
        .filter(signing_keys::kid.eq(kid))
        .filter(signing_keys::first_loaded_at.is_null());
    update(new).set(signing_keys::first_loaded_at.eq(Some(now))).execute(connection)?;
    Ok(())
}

/// Records that a service signs with the key although a newer key is active.
pub fn record_late_signature(
    connection: &mut AnyConnection,
    kid: &str,
    now: UnixSeconds,
) -> DbResult<()> {
    let signed = signing_keys::last_late_signature_at.eq(Some(now));
    update(signing_keys::table.find(kid)).set(signed).execute(connection)?;
    Ok(())
}

/// Retires a key.
pub fn retire(connection: &mut AnyConnection, kid: &str, now: UnixSeconds) -> DbResult<bool> {
    let key = signing_keys::table.filter(signing_keys::kid.eq(kid));
    let live = key.filter(signing_keys::retired_at.is_null());
    Ok(update(live).set(signing_keys::retired_at.eq(Some(now))).execute(connection)? == 1)
}

/// Deletes a key.
pub fn remove(connection: &mut AnyConnection, kid: &str) -> DbResult<bool> {
    Ok(delete(signing_keys::table.find(kid)).execute(connection)? == 1)
}
