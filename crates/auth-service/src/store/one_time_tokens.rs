//! The table `one_time_tokens`: the links of mails, and links that are handed over.

use database::AnyConnection;
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable,
    SelectableHelper, delete, insert_into,
};
use service_kit::{
    ids::UserId,
    unix_time::{UnixMicros, UnixSeconds},
};

use super::{DbResult, schema::one_time_tokens};

/// One token as stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = one_time_tokens, treat_none_as_default_value = false)]
pub struct TokenRow {
    /// The SHA-256 hash of the token.
    pub hash: String,
    /// What it is for.
    pub purpose: String,
    /// Its user; `None` for an invite.
    pub user_id: Option<UserId>,
    /// The address that it proves, or gives back.
    pub address: String,
    /// The canonical form of the address.
    pub address_key: String,
    /// When the mail was asked for.
    pub requested_at: UnixMicros,
    /// When the token was made, which is just before its mail is sent.
    pub created_at: UnixSeconds,
    /// When it expires.
    pub expires_at: UnixSeconds,
    /// Of an invite: what its user gets, as JSON.
    pub grants: Option<String>,
}

/// Inserts a token.
pub fn insert(connection: &mut AnyConnection, row: &TokenRow) -> DbResult<()> {
    insert_into(one_time_tokens::table).values(row).execute(connection)?;
    Ok(())
}

/// The token with this hash and one of these purposes, if it has not expired.
pub fn find(
    connection: &mut AnyConnection,
    hash: &str,
    purposes: &[&str],
    now: UnixSeconds,
) -> DbResult<Option<TokenRow>> {
    let row = one_time_tokens::table
        .filter(one_time_tokens::hash.eq(hash))
        .filter(one_time_tokens::purpose.eq_any(purposes.to_vec()))
        .filter(one_time_tokens::expires_at.gt(now));
    Ok(row.select(TokenRow::as_select()).first(connection).optional()?)
}

/// Deletes the token that [`find`] finds, and returns it. Of several callers at once, in one process or in several,
/// only one gets it.
pub fn take(
    connection: &mut AnyConnection,
    hash: &str,
    purposes: &[&str],
    now: UnixSeconds,
) -> DbResult<Option<TokenRow>> {
    let Some(found) = find(connection, hash, purposes, now)? else { return Ok(None) };
    // Only one caller's statement deletes the row. Rows are never changed, so the deleted row is the one that was read.
    let deleted = delete(one_time_tokens::table.find(hash)).execute(connection)?;
    Ok((deleted == 1).then_some(found))
}

/// Deletes a user's tokens of these purposes. Returns how many.
pub fn remove_of_user(
    connection: &mut AnyConnection,
    user_id: &UserId,
    purposes: &[&str],
) -> DbResult<usize> {
    let rows = one_time_tokens::table
        .filter(one_time_tokens::user_id.eq(user_id))
        .filter(one_time_tokens::purpose.eq_any(purposes.to_vec()));
    Ok(delete(rows).execute(connection)?)
}

/// When the mail with the first token of a user for this purpose and address was asked for, if the token has not
/// expired.
pub fn requested_at(
    connection: &mut AnyConnection,
    user_id: &UserId,
    purpose: &str,
    address_key: &str,
    now: UnixSeconds,
) -> DbResult<Option<UnixMicros>> {
    let first = one_time_tokens::table
        .filter(one_time_tokens::user_id.eq(user_id))
        .filter(one_time_tokens::purpose.eq(purpose))
        .filter(one_time_tokens::address_key.eq(address_key))
        .filter(one_time_tokens::expires_at.gt(now))
        .order(one_time_tokens::requested_at)
        .select(one_time_tokens::requested_at);
    Ok(first.first(connection).optional()?)
}

/// Deletes the tokens of one purpose that were sent to an address. Returns how many.
pub fn remove_of_address(
    connection: &mut AnyConnection,
    address_key: &str,
    purpose: &str,
) -> DbResult<usize> {
    let rows = one_time_tokens::table
        .filter(one_time_tokens::address_key.eq(address_key))
        .filter(one_time_tokens::purpose.eq(purpose));
    Ok(delete(rows).execute(connection)?)
}

/// Deletes a user's tokens of one purpose whose mail was asked for at `since` or later.
pub fn remove_since(
    connection: &mut AnyConnection,
    user_id: &UserId,
    purpose: &str,
    since: UnixMicros,
) -> DbResult<usize> {
    let rows = one_time_tokens::table
        .filter(one_time_tokens::user_id.eq(user_id))
        .filter(one_time_tokens::purpose.eq(purpose))
        .filter(one_time_tokens::requested_at.ge(since));
    Ok(delete(rows).execute(connection)?)
}

/// Deletes the oldest tokens of a purpose so that `max` are left: those of a user, or of an address without a user.
pub fn keep_newest(connection: &mut AnyConnection, new: &TokenRow, max: i64) -> DbResult<usize> {
    let hashes: Vec<String> = match &new.user_id {
        Some(user_id) => one_time_tokens::table
            .filter(one_time_tokens::user_id.eq(user_id))
            .filter(one_time_tokens::purpose.eq(&new.purpose))
            .order((one_time_tokens::created_at.desc(), one_time_tokens::hash.desc()))
            .select(one_time_tokens::hash)
            .load(connection)?,
        None => one_time_tokens::table
            .filter(one_time_tokens::address_key.eq(&new.address_key))
            .filter(one_time_tokens::purpose.eq(&new.purpose))
            .order((one_time_tokens::created_at.desc(), one_time_tokens::hash.desc()))
            .select(one_time_tokens::hash)
            .load(connection)?,
    };
    let others = hashes.into_iter().filter(|hash| *hash != new.hash);
    let kept = usize::try_from(max - 1).unwrap_or(0);
    let surplus: Vec<_> = others.skip(kept).collect();
    if surplus.is_empty() {
        return Ok(0);
    }
    let rows = one_time_tokens::table.filter(one_time_tokens::hash.eq_any(surplus));
    Ok(delete(rows).execute(connection)?)
}

/// Deletes tokens that expired before `now`. Returns how many.
pub fn purge(connection: &mut AnyConnection, now: UnixSeconds) -> DbResult<usize> {
    let expired = one_time_tokens::table.filter(one_time_tokens::expires_at.le(now));
    Ok(delete(expired).execute(connection)?)
}
