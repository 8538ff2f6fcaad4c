//! What may be changed of a user.

use super::{EmailAddress, RightsChange, Username, name_assignment};
use crate::{
    audit::{Event, RequestContext},
    mail::LinkPurpose,
    sessions::revoke::revoke_all_in,
    store::{
        self, DbResult, Transaction,
        users::{UserRow, administration},
    },
};

/// What is changed. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChanges {
    /// The name.
    pub username: Option<Username>,
    /// The address.
    pub email: Option<EmailAddress>,
    /// Scopes and further claims.
    pub rights: RightsChange,
    /// Whether the user may sign in.
    pub status: Option<StatusChange>,
}

/// Whether a user may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusChange {
    /// No more; every session ends.
    Disable {
        /// Why, for administrators.
        reason: Option<String>,
    },
    /// Again.
    Enable,
}

impl UserChanges {
    /// Sets name and address of a user whose row is locked.
    pub(super) fn set_names(
        &self,
        transaction: &mut Transaction<'_>,
        mut user: UserRow,
        context: &RequestContext,
    ) -> DbResult<UserRow> {
        let id = user.id.clone();
        let entry = |event| context.done(event).about_user(&id);
        if let Some(name) = self.username.as_ref().filter(|name| name.display() != user.username) {
            name_assignment::rename(transaction, &id, name)?;
            transaction.audit(entry(Event::UserRenamed))?;
            name.display().clone_into(&mut user.username);
        }
        if let Some(email) = self.email.as_ref().filter(|email| email.display() != user.email) {
            name_assignment::change_address(transaction, &id, email, context.at.seconds())?;
            // Links that were sent to the address of before.
            let links = LinkPurpose::ENDED_BY_CHANGES;
            store::one_time_tokens::remove_of_user(transaction, &id, &links)?;
            transaction.audit(entry(Event::EmailChanged))?;
            email.display().clone_into(&mut user.email);
        }
        Ok(user)
    }

    /// Disables or enables the user. It may write to the feed, so no other table may be locked afterwards.
    pub(super) fn set_status(
        &self,
        transaction: &mut Transaction<'_>,
        user: UserRow,
        context: &RequestContext,
    ) -> DbResult<UserRow> {
        let (now, entry) = (context.at.seconds(), |event| context.done(event).about_user(&user.id));
        match (&self.status, user.disabled_at) {
            (Some(StatusChange::Enable), Some(_)) => {
                administration::enable(transaction, &user.id)?;
                transaction.audit(entry(Event::UserEnabled))?;
                Ok(UserRow { disabled_at: None, disabled_reason: None, ..user })
            }
            (Some(StatusChange::Disable { reason }), None) => {
                store::users::bump_credential_version(transaction, &user.id)?;
                administration::disable(transaction, &user.id, now, reason.as_deref())?;
                revoke_all_in(transaction, &user.id, now, &entry(Event::UserDisabled))?;
                Ok(UserRow { disabled_at: Some(now), disabled_reason: reason.clone(), ..user })
            }
            // Only the reason is another one.
            (Some(StatusChange::Disable { reason: reason @ Some(_) }), Some(at))
                if *reason != user.disabled_reason =>
            {
                administration::disable(transaction, &user.id, at, reason.as_deref())?;
                transaction.audit(entry(Event::UserDisabled).because("reason_changed"))?;
                Ok(UserRow { disabled_reason: reason.clone(), ..user })
            }
            _ => Ok(user),
        }
    }
}
