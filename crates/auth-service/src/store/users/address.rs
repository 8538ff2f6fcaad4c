//! The columns of the table `users` about a user's address and mails.

use database::AnyConnection;
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable,
    update,
};
use service_kit::{ids::UserId, unix_time::UnixSeconds};

use super::{NameForms, users};
use crate::store::DbResult;

/// Whether a user's address is proven, and what mails to the user need.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub struct AddressState {
    /// When the user has proven that the address is theirs.
    pub email_verified_at: Option<UnixSeconds>,
    /// A new address that is not proven yet.
    pub pending_email: Option<String>,
    /// The language of mails to the user, such as `es`.
    pub locale: Option<String>,
    /// When the account is removed if the address is not proven. `None`: never.
    pub proof_due_at: Option<UnixSeconds>,
}

/// Sets the address, and when it was proven. Removes the pending address and the time at which a proof is due. A taken
/// address is a conflict.
pub fn set_email(
    connection: &mut AnyConnection,
    id: &UserId,
    address: NameForms<'_>,
    proven_at: Option<UnixSeconds>,
) -> DbResult<bool> {
    let new = (
        users::email.eq(address.shown),
        users::email_key.eq(address.key),
        users::email_verified_at.eq(proven_at),
        users::pending_email.eq(None::<String>),
        users::proof_due_at.eq(None::<UnixSeconds>),
    );
    Ok(update(users::table.find(id)).set(new).execute(connection)? == 1)
}

/// Sets or drops the pending address.
pub fn set_pending_email(
    connection: &mut AnyConnection,
    id: &UserId,
    address: Option<&str>,
) -> DbResult<bool> {
    let new = users::pending_email.eq(address);
    Ok(update(users::table.find(id)).set(new).execute(connection)? == 1)
}

/// Marks the address as proven at `now`. `false` if it was proven before.
pub fn mark_proven(
    connection: &mut AnyConnection,
    id: &UserId,
    now: UnixSeconds,
) -> DbResult<bool> {
    let unproven = users::table.filter(users::id.eq(id)).filter(users::email_verified_at.is_null());
    let new = (users::email_verified_at.eq(Some(now)), users::proof_due_at.eq(None::<UnixSeconds>));
    Ok(update(unproven).set(new).execute(connection)? == 1)
}

/// Marks the address as not proven.
pub fn mark_unproven(connection: &mut AnyConnection, id: &UserId) -> DbResult<bool> {
    let new = users::email_verified_at.eq(None::<UnixSeconds>);
    Ok(update(users::table.find(id)).set(new).execute(connection)? == 1)
}

/// Sets or drops the language of mails.
pub fn set_locale(
    connection: &mut AnyConnection,
    id: &UserId,
    locale: Option<&str>,
) -> DbResult<bool> {
    Ok(update(users::table.find(id)).set(users::locale.eq(locale)).execute(connection)? == 1)
}

/// Up to `limit` users whose proof is overdue at `now`, and who have never signed in.
pub fn overdue_proofs(
    connection: &mut AnyConnection,
    now: UnixSeconds,
    limit: i64,
) -> DbResult<Vec<UserId>> {
    let rows = users::table
        .filter(users::proof_due_at.le(now))
        .filter(users::email_verified_at.is_null())
        .filter(users::last_login_at.is_null())
        .order(users::proof_due_at)
        .limit(limit);
    Ok(rows.select(users::id).load(connection)?)
}

/// Whether the proof of this user is overdue at `now`.
pub fn is_proof_overdue(
    connection: &mut AnyConnection,
    id: &UserId,
    now: UnixSeconds,
) -> DbResult<bool> {
    let row = users::table
        .filter(users::id.eq(id))
        .filter(users::proof_due_at.le(now))
        .filter(users::email_verified_at.is_null())
        .filter(users::last_login_at.is_null());
    Ok(row.select(users::id).first::<UserId>(connection).optional()?.is_some())
}
