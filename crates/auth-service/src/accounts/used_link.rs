//! Using the link of a mail up.

use service_kit::{ids::UserId, unix_time::UnixSeconds};

use crate::store::{
    self, DbResult, Transaction,
    one_time_tokens::{self, TokenRow},
};

/// Locks the row of the link's user and uses the link up. `None` if it was used, has expired or is unknown, or is for
/// something else than `purposes`.
///
/// The user's row is locked first, as every change of an account does: a transaction that took the link first could wait
/// for one that holds the row and deletes the user's links, while that one waits for the link.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn take_link(
    transaction: &mut Transaction<'_>,
    hash: &str,
    purposes: &[&str],
    now: UnixSeconds,
) -> DbResult<Option<(TokenRow, UserId)>> {
    let found = one_time_tokens::find(transaction, hash, purposes, now)?;
    let Some((_, id)) = with_user_id(found) else { return Ok(None) };
    store::users::lock(transaction, &id)?;
    Ok(with_user_id(one_time_tokens::take(transaction, hash, purposes, now)?))
}

/// A token with its user; an invite has none.
pub(super) fn with_user_id(token: Option<TokenRow>) -> Option<(TokenRow, UserId)> {
    let token = token?;
    let id = token.user_id.clone()?;
    Some((token, id))
}
