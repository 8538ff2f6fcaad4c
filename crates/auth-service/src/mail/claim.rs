//! Claims a mail and decides in the same transaction whether it is sent.

use service_kit::{ids::UserId, unix_time::UnixSeconds};

use super::{
    LinkPurpose, LinkToken, MailKind, Mailer, NewMail,
    schedule::{MAX_TRIES, lease},
};
use crate::{
    accounts::LoginName,
    audit::Event,
    store::{
        self, DbResult, Transaction, one_time_tokens::TokenRow, outbox::MailRow, users::UserRow,
    },
    throttle::Limit,
};

/// The decision about a mail.
pub(super) enum ClaimOutcome {
    /// Another process sends the mail, or will send it.
    ClaimedByAnother,
    /// The address got too many mails of this kind, so this one is deleted.
    Limited,
    /// The mail is no longer needed, or it was replaced by mails to the users with its address. It is deleted.
    NotNeeded,
    /// Too many processes tried it, and ended before they stored the result.
    Dead,
    /// It asks for a new password for an address that no enabled user has. It is deleted.
    NoUser,
    /// It is to be sent now.
    Send {
        /// The user name. Empty if there is no user, or if the user has not proven the address of the mail: then
        /// another person may read it, and the user may have chosen the name to write to that person.
        name: String,
        /// The link, if the mail has one.
        link: Option<String>,
    },
}

/// Claims a mail at `now` and decides whether it is sent. `token` is a new token, for a mail with a link.
pub(super) fn claim_in(
    transaction: &mut Transaction<'_>,
    mailer: &Mailer,
    limits: &[Limit],
    mail: &MailRow,
    token: &LinkToken,
    now: UnixSeconds,
) -> DbResult<ClaimOutcome> {
    let Some(kind) = MailKind::parse(&mail.kind) else {
        // A newer version of this service made the mail, and sends it. `outbox::due` does not select it here.
        return Ok(ClaimOutcome::ClaimedByAnother);
    };
    if kind == MailKind::Invite {
        // A newer invite or a registration ends the waiting invites. With the lock it runs before or after this
        // transaction, never at the same time.
        store::users::administration::lock_administrators(transaction)?;
    }
    if let (Some(id), Some(_)) = (&mail.user_id, kind.link()) {
        // A change of the account ends its links. With the lock it runs before or after this transaction, so that no
        // link survives it.
        store::users::lock(transaction, id)?;
    }
    let until = now + lease(mailer.settings.timeout);
    if !store::outbox::claim(transaction, mail, until)? {
        return Ok(ClaimOutcome::ClaimedByAnother);
    }
    let tries = mail.tries + 1;
    if tries > MAX_TRIES {
        store::outbox::mark_dead(
            transaction,
            &mail.id,
            tries,
            now,
            "the sending process ended too often",
        )?;
        return Ok(ClaimOutcome::Dead);
    }
    let discard = |transaction: &mut Transaction<'_>, claimed| {
        store::outbox::remove(transaction, &mail.id, tries)?;
        Ok(claimed)
    };
    if kind == MailKind::Forgot {
        let is_known = add_reset_mails(transaction, mail, now)?;
        return discard(
            transaction,
            if is_known { ClaimOutcome::NotNeeded } else { ClaimOutcome::NoUser },
        );
    }
    let user = match &mail.user_id {
        Some(id) => store::users::by_id(transaction, id)?,
        None => None,
    };
    if !is_needed(transaction, kind, mail, user.as_ref(), now)? {
        return discard(transaction, ClaimOutcome::NotNeeded);
    }
    if mail.tries == 0 && kind.is_limited() && is_over_limit(transaction, limits, mail, now)? {
        return discard(transaction, ClaimOutcome::Limited);
    }
    let link = match kind.link() {
        Some(purpose) => Some(make_link(transaction, mailer, purpose, mail, token, now)?),
        None => None,
    };
    let name = user.filter(|user| has_proven(user, mail)).map(|user| user.username);
    Ok(ClaimOutcome::Send { name: name.unwrap_or_default(), link })
}

/// Whether the mail goes to the user's present address and that is proven.
fn has_proven(user: &UserRow, mail: &MailRow) -> bool {
    user.email_key == mail.address_key && user.address.email_verified_at.is_some()
}

/// Stores the token and returns the link with it.
fn make_link(
    transaction: &mut Transaction<'_>,
    mailer: &Mailer,
    purpose: LinkPurpose,
    mail: &MailRow,
    token: &LinkToken,
    now: UnixSeconds,
) -> DbResult<String> {
    let row = TokenRow {
        hash: token.hash(),
        purpose: purpose.as_str().to_owned(),
        user_id: mail.user_id.clone(),
        address: mail.address.clone(),
        address_key: mail.address_key.clone(),
        requested_at: mail.created_at,
        created_at: now,
        expires_at: now + mailer.settings.lifetimes.of(purpose),
        grants: mail.grants.clone(),
    };
    store::one_time_tokens::insert(transaction, &row)?;
    if let Some(max) = purpose.max_live() {
        store::one_time_tokens::keep_newest(transaction, &row, max)?;
    }
    extend_reservation(transaction, mailer, purpose, mail, now)?;
    Ok(token.link(mailer.settings.front_url.as_str(), purpose))
}

/// For a request of a new password: adds a mail for each user with this address. There are two only if two old accounts
/// share the canonical form. The mail goes to the stored address, never to the typed one, which may be another mail box
/// with the same canonical form. `false` if no enabled user has the address.
fn add_reset_mails(
    transaction: &mut Transaction<'_>,
    mail: &MailRow,
    now: UnixSeconds,
) -> DbResult<bool> {
    let mut users =
        LoginName::from_email_field(&mail.address).find_by_canonical_form(transaction)?;
    users.retain(|user| user.disabled_at.is_none());
    let context = mail.asked_by.context(now.into());
    for user in &users {
        let reset = NewMail::to_user(MailKind::Reset, user).into_row(mail.created_at);
        store::outbox::insert(transaction, &MailRow { due_at: now, ..reset })?;
        transaction.audit(context.done(Event::PasswordResetRequested).about_user(&user.id))?;
    }
    Ok(!users.is_empty())
}

/// Whether the mail is still needed.
fn is_needed(
    transaction: &mut Transaction<'_>,
    kind: MailKind,
    mail: &MailRow,
    user: Option<&UserRow>,
    now: UnixSeconds,
) -> DbResult<bool> {
    if kind == MailKind::Invite {
        return Ok(store::users::by_email_key(transaction, &mail.address_key)?.is_none());
    }
    let Some(user) = user else { return Ok(false) };
    let has_address = user.email_key == mail.address_key;
    Ok(match kind {
        MailKind::Verify => has_address && user.address.email_verified_at.is_none(),
        MailKind::Reset | MailKind::PasswordLink | MailKind::Reverted => {
            has_address && user.disabled_at.is_none()
        }
        MailKind::Change => user.address.pending_email.as_deref() == Some(&mail.address),
        MailKind::Revert => {
            let key = &mail.address_key;
            store::address_reservations::is_reserved_for(transaction, key, &user.id, now)?
        }
        MailKind::NewDevice => is_new_device(transaction, mail, &user.id)?,
        _ => true,
    })
}

/// Whether no earlier session of the user had the same user agent and address.
fn is_new_device(
    transaction: &mut Transaction<'_>,
    mail: &MailRow,
    user_id: &UserId,
) -> DbResult<bool> {
    let Some(id) = &mail.session_id else { return Ok(true) };
    Ok(!store::sessions::has_earlier_from_same_client(transaction, user_id, id)?)
}

/// Whether the address already got as many mails of this kind as one of the limits allows.
fn is_over_limit(
    transaction: &mut Transaction<'_>,
    limits: &[Limit],
    mail: &MailRow,
    now: UnixSeconds,
) -> DbResult<bool> {
    for (calls, period) in limits.iter().flat_map(Limit::windows) {
        if store::outbox::count_earlier(transaction, mail, now - period)? >= calls {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Extends the reservation of a previous address to the end of its link. The reservation began with the change, but the
/// link works only from now on.
fn extend_reservation(
    transaction: &mut Transaction<'_>,
    mailer: &Mailer,
    purpose: LinkPurpose,
    mail: &MailRow,
    now: UnixSeconds,
) -> DbResult<()> {
    let (LinkPurpose::Revert, Some(user_id)) = (purpose, &mail.user_id) else { return Ok(()) };
    let until = now + mailer.settings.lifetimes.of(purpose);
    store::address_reservations::extend(transaction, &mail.address_key, user_id, until)
}
