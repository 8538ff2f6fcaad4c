//! Changes of a user's values and status.

use super::{
    DisableReason, EmailAddress, RightsChange, Username, end_links::end_links, name_assignment,
    offer_revert::offer_revert,
};
use crate::{
    audit::{Event, RequestContext},
    mail::{Locale, MailKind, MailPolicy, NewMail},
    sessions::revoke::revoke_all_in,
    store::{
        self, DbResult, Transaction,
        users::{UserRow, administration},
    },
};

/// The new values. A field that is `None` is not changed.
#[derive(Clone, Debug, Default)]
pub struct UserChanges {
    /// The name.
    pub username: Option<Username>,
    /// The address.
    pub email: Option<EmailAddress>,
    /// Whether the address counts as proven.
    pub email_verified: Option<bool>,
    /// The language of mails; `Some(None)` removes it.
    pub locale: Option<Option<Locale>>,
    /// Scopes and further claims.
    pub rights: RightsChange,
    /// Whether the user may sign in.
    pub status: Option<StatusChange>,
}

/// Whether a user may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusChange {
    /// The user may no longer sign in; every session ends.
    Disable {
        /// Why, for administrators.
        reason: Option<DisableReason>,
    },
    /// The user may sign in again.
    Enable,
}

impl UserChanges {
    /// Makes all changes except that of the status, for a user whose row is locked. If the rights version changed, the
    /// last step of the transaction must announce it.
    ///
    /// # Errors
    /// A conflict if the name or the address is taken; when the database is unavailable.
    pub(crate) fn set_values(
        &self,
        transaction: &mut Transaction<'_>,
        user: UserRow,
        policy: &MailPolicy,
        context: &RequestContext,
    ) -> DbResult<UserRow> {
        let user = self.set_names(transaction, user, policy, context)?;
        let user = self.set_address_state(transaction, user, context)?;
        self.rights.apply_in(transaction, user, context)
    }

    /// Sets name and address of a user whose row is locked. A new address is not proven; if the old one was, the rights
    /// version is raised. The old address gets a link that takes it back, the new one a link that proves it.
    fn set_names(
        &self,
        transaction: &mut Transaction<'_>,
        mut user: UserRow,
        policy: &MailPolicy,
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
            offer_revert(transaction, policy, &user, email.canonical(), context.at)?;
            name_assignment::change_address(transaction, &id, email, context.at.seconds())?;
            // These links were sent to the previous address.
            end_links(transaction, &id)?;
            transaction.audit(entry(Event::EmailChanged))?;
            email.display().clone_into(&mut user.email);
            email.canonical().clone_into(&mut user.email_key);
            if user.address.email_verified_at.is_some() {
                let raised = store::users::raise_rights_version(transaction, &id, 0)?;
                user.rights_version = raised.unwrap_or(user.rights_version);
            }
            (user.address.email_verified_at, user.address.pending_email) = (None, None);
            if policy.verifies_new_users() && self.email_verified != Some(true) {
                let mail = NewMail::to_user(MailKind::Verify, &user);
                policy.add(transaction, mail, context.at)?;
            }
        }
        Ok(user)
    }

    /// Sets whether the address is proven, and the language of mails. A change of the proof raises the rights version.
    fn set_address_state(
        &self,
        transaction: &mut Transaction<'_>,
        mut user: UserRow,
        context: &RequestContext,
    ) -> DbResult<UserRow> {
        let (id, now, was_proven) =
            (user.id.clone(), context.at.seconds(), user.address.email_verified_at.is_some());
        let entry = |event| context.done(event).about_user(&id);
        if let Some(proven) = self.email_verified.filter(|proven| *proven != was_proven) {
            if proven {
                store::users::mark_proven(transaction, &id, now)?;
            } else {
                store::users::mark_unproven(transaction, &id)?;
            }
            user.address.email_verified_at = proven.then_some(now);
            transaction.audit(entry(Event::EmailVerified).with("verified", proven))?;
            let raised = store::users::raise_rights_version(transaction, &id, 0)?;
            user.rights_version = raised.unwrap_or(user.rights_version);
        }
        let locale = self.locale.as_ref().map(|locale| locale.as_ref().map(Locale::to_string));
        if let Some(locale) = locale.filter(|locale| *locale != user.address.locale) {
            store::users::set_locale(transaction, &id, locale.as_deref())?;
            transaction.audit(entry(Event::AdminLocaleChanged))?;
            user.address.locale = locale;
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
        let text = |reason: &Option<DisableReason>| reason.as_ref().map(|r| r.as_str().to_owned());
        match (&self.status, user.disabled_at) {
            (Some(StatusChange::Enable), Some(_)) => {
                administration::enable(transaction, &user.id)?;
                transaction.audit(entry(Event::UserEnabled))?;
                Ok(UserRow { disabled_at: None, disabled_reason: None, ..user })
            }
            (Some(StatusChange::Disable { reason }), None) => {
                store::users::bump_credential_version(transaction, &user.id)?;
                let reason = text(reason);
                administration::disable(transaction, &user.id, now, reason.as_deref())?;
                // Enabling must not revive them.
                end_links(transaction, &user.id)?;
                revoke_all_in(transaction, &user.id, now, &entry(Event::UserDisabled))?;
                Ok(UserRow { disabled_at: Some(now), disabled_reason: reason, ..user })
            }
            // The user is disabled already: only the reason changes.
            (Some(StatusChange::Disable { reason: reason @ Some(_) }), Some(at))
                if text(reason) != user.disabled_reason =>
            {
                let reason = text(reason);
                administration::disable(transaction, &user.id, at, reason.as_deref())?;
                transaction.audit(entry(Event::UserDisabled).because("reason_changed"))?;
                Ok(UserRow { disabled_reason: reason, ..user })
            }
            _ => Ok(user),
        }
    }
}
