//! Ends the links of a user, such as after a new password.

use service_kit::{ids::UserId, unix_time::UnixMicros};

use crate::{
    mail::{LinkPurpose, MailKind},
    store::{DbResult, Transaction, one_time_tokens, outbox},
};

/// Kinds of mails with a link to set a password.
const WITH_RESET: [MailKind; 3] = [MailKind::Reset, MailKind::PasswordLink, MailKind::Reverted];

/// Ends every link of a user whose row is locked, except links that take a previous address back. Waiting mails with a
/// link to set a password are not sent.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn end_links(transaction: &mut Transaction<'_>, user_id: &UserId) -> DbResult<()> {
    one_time_tokens::remove_of_user(transaction, user_id, &LinkPurpose::ENDED_BY_CHANGES)?;
    for kind in WITH_RESET {
        let always = UnixMicros::new(0);
        outbox::remove_waiting_since(transaction, user_id, kind.as_str(), always)?;
    }
    Ok(())
}
