//! Offers the owner of an address that is replaced to take it back (a revert).

use service_kit::{
    ids::UserId,
    unix_time::{UnixMicros, UnixSeconds},
};

use crate::{
    mail::{LinkPurpose, MailKind, MailPolicy, NewMail},
    store::{self, DbResult, Transaction, one_time_tokens, outbox, users::UserRow},
};

/// Sends a link to the user's current address, which is about to be replaced: the link takes the address back. As long
/// as the link works, no other user can have the address. Does nothing if mail is off.
///
/// If the user returns to an address that can still be taken back, the current address gets no link: it may belong to a
/// thief, or to an administrator who changed the address for a moment. The link of the address that the user returns to
/// ends, and so do all later ones.
///
/// The address need not be proven: as long as it was the user's address, its holder could reset the password.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn offer_revert(
    transaction: &mut Transaction<'_>,
    policy: &MailPolicy,
    user: &UserRow,
    new_key: &str,
    at: UnixMicros,
) -> DbResult<()> {
    if !policy.is_on {
        return Ok(());
    }
    if end_later_links(transaction, &user.id, new_key, at.seconds())? {
        return store::address_reservations::release(transaction, new_key, &user.id);
    }
    let until = at.seconds() + policy.revert_ttl;
    store::address_reservations::reserve(transaction, &user.email_key, &user.id, until)?;
    policy.add(transaction, NewMail::to_user(MailKind::Revert, user), at)
}

/// If the user can take this address back: ends that link and all later ones of the user, and deletes the waiting mails
/// with such a link. `false` if the user cannot.
fn end_later_links(
    transaction: &mut Transaction<'_>,
    user_id: &UserId,
    address_key: &str,
    now: UnixSeconds,
) -> DbResult<bool> {
    let (purpose, kind) = (LinkPurpose::Revert.as_str(), MailKind::Revert.as_str());
    let sent = one_time_tokens::requested_at(transaction, user_id, purpose, address_key, now)?;
    let waiting = outbox::waiting_since(transaction, user_id, kind, address_key)?;
    let Some(since) = sent.into_iter().chain(waiting).min() else { return Ok(false) };
    one_time_tokens::remove_since(transaction, user_id, purpose, since)?;
    outbox::remove_waiting_since(transaction, user_id, kind, since)?;
    Ok(true)
}
