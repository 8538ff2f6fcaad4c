//! Consumes the link of a mail, because a link works once.

use service_kit::{ids::UserId, unix_time::UnixSeconds};

use crate::store::{
    self, DbResult, Transaction,
    one_time_tokens::{self, TokenRow},
    users::UserRow,
};

/// Locks the row of the link's user and consumes the link. `None` if the link was used, has expired, is unknown, or has
/// a purpose that is not among `purposes`. Also `None` if `is_accepted` returns `false` for the user's current row;
/// then the link is not consumed.
///
/// The user's row is locked first, as in every change of an account. Otherwise there could be a deadlock: this
/// transaction holds the link and waits for the row, another one holds the row and waits to delete the link.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn take_link(
    transaction: &mut Transaction<'_>,
    hash: &str,
    purposes: &[&str],
    now: UnixSeconds,
    is_accepted: impl FnOnce(&mut Transaction<'_>, &UserRow, &TokenRow) -> DbResult<bool>,
) -> DbResult<Option<(TokenRow, UserRow)>> {
    let found = one_time_tokens::find(transaction, hash, purposes, now)?;
    let Some((token, id)) = with_user_id(found) else { return Ok(None) };
    store::users::lock(transaction, &id)?;
    let Some(user) = store::users::by_id(transaction, &id)? else { return Ok(None) };
    if !is_accepted(transaction, &user, &token)? {
        return Ok(None);
    }
    let taken = one_time_tokens::take(transaction, hash, purposes, now)?;
    Ok(taken.map(|token| (token, user)))
}

/// The token and its user. `None` for an invite, which has no user.
pub(super) fn with_user_id(token: Option<TokenRow>) -> Option<(TokenRow, UserId)> {
    let token = token?;
    let id = token.user_id.clone()?;
    Some((token, id))
}
