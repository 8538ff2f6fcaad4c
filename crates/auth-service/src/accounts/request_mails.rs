//! Adds the mails that prove an address or reset a password to the outbox.

use database::{Database, DatabaseError};
use service_kit::ids::UserId;

use super::EmailAddress;
use crate::{
    audit::{self, Event, RequestContext},
    mail::{Locale, MailKind, MailPolicy, NewMail},
    store::{self, users::UserRow},
};

/// Adds the mail that proves the address of a user: the pending address if there is one. Adds nothing if the address is
/// already proven. `false` if there is no such user.
///
/// # Errors
/// When the database is unavailable.
pub async fn send_verification(
    database: &Database,
    policy: &MailPolicy,
    user_id: UserId,
    context: RequestContext,
) -> Result<bool, DatabaseError> {
    let policy = *policy;
    let written = audit::transaction(database, move |transaction| {
        let Some(user) = store::users::by_id(transaction, &user_id)? else { return Ok(false) };
        if let Some(mail) = verification_mail(&user) {
            policy.add(transaction, mail, context.at)?;
            let entry = context.done(Event::EmailVerificationRequested).about_user(&user_id);
            transaction.audit(entry)?;
        }
        Ok(true)
    });
    written.await
}

fn verification_mail(user: &UserRow) -> Option<NewMail> {
    let pending = user.address.pending_email.as_deref();
    let pending = pending.and_then(|address| EmailAddress::parse(address).ok());
    match pending {
        Some(address) => Some(NewMail::to_user(MailKind::Change, user).at(&address)),
        None if user.address.email_verified_at.is_none() => {
            Some(NewMail::to_user(MailKind::Verify, user))
        }
        None => None,
    }
}

/// Adds a mail that resets the password of the user with this address. It is the same single write for every address:
/// the user is looked up later, so neither the answer nor its time tells whether there is one. The audit entry is
/// written then, too.
///
/// # Errors
/// When the database is unavailable.
pub async fn request_password_reset(
    database: &Database,
    policy: &MailPolicy,
    address: EmailAddress,
    locale: Option<Locale>,
    context: RequestContext,
) -> Result<(), DatabaseError> {
    let policy = *policy;
    let written = database.write(move |transaction| {
        let mail = NewMail::to_address(MailKind::Forgot, &address, locale.as_ref());
        policy.add(transaction, mail.asked_in(&context), context.at)
    });
    written.await
}
