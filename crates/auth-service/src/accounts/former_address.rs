//! The way back to an address that is replaced.

use service_kit::unix_time::UnixMicros;

use crate::{
    mail::{MailKind, MailPolicy, NewMail},
    store::{self, DbResult, Transaction, users::UserRow},
};

/// Sends the owner of the user's present address, which is about to be replaced, a link that takes it back. As long as the
/// link works, no other user can have the address. Does nothing where mail is off.
///
/// The address need not be proven: while it was the user's, its holder could have taken the account by a new password.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn keep_way_back(
    transaction: &mut Transaction<'_>,
    policy: &MailPolicy,
    user: &UserRow,
    at: UnixMicros,
) -> DbResult<()> {
    if !policy.is_on {
        return Ok(());
    }
    let until = at.seconds() + policy.revert_ttl;
    store::address_reservations::reserve(transaction, &user.email_key, &user.id, until)?;
    policy.add(transaction, NewMail::to_user(MailKind::Revert, user), at)
}
