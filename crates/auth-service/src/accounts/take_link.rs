//! Consumes the link of a mail: it works once.

use service_kit::{ids::UserId, unix_time::UnixSeconds};

use crate::store::{
    self, DbResult, Transaction,
    one_time_tokens::{self, TokenRow},
    users::UserRow,
};

/// Locks the row of the link's user and consumes the link. `None` if it was used, has expired, is unknown, or is for
/// something else than `purposes`. If the link is not accepted for the user as it is now, the answer is `None` too, and
/// the link stays.
///
/// The user's row is locked first, as every change of an account does. Otherwise this transaction could hold the link and
/// wait for the row, while another one holds the row and waits for the link, to delete it.
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

/// A token with its user; an invite has none.
pub(super) fn with_user_id(token: Option<TokenRow>) -> Option<(TokenRow, UserId)> {
    let token = token?;
    let id = token.user_id.clone()?;
    Some((token, id))
}
