//! Invites: an administrator's mail with a link to register.
//!
//! The grants are stored in the outbox row. When the mail is sent, they are copied to the token.

use claims::Scopes;
use database::{AnyConnection, Database, DatabaseError};
use serde::{Deserialize, Serialize};
use service_kit::{
    ids::UserId,
    unix_time::{UnixMicros, UnixSeconds},
};
use uuid::Uuid;

use super::{
    CallerRights, EmailAddress, Ext, NewUserError, granted_by::GrantedBy, name_assignment,
};
use crate::{
    audit::{self, Event, RequestContext},
    mail::{LinkPurpose, LinkToken, Locale, MailKind, MailPolicy, NewMail},
    store::{
        DbResult, Transaction,
        one_time_tokens::{self, TokenRow},
        outbox,
        users::{UserRow, administration},
    },
};

const INVITE: [&str; 1] = [LinkPurpose::Invite.as_str()];

/// An invite to send. Each value was checked by its parser.
#[derive(Clone, Debug)]
pub struct Invite {
    /// The address to which it is sent, which becomes the address of the new user.
    pub email: EmailAddress,
    /// The scopes of the new user; `None` for the default scopes.
    pub scopes: Option<Scopes>,
    /// Further claims of the new user's tokens.
    pub ext: Option<Ext>,
    /// The language of the mail.
    pub locale: Option<Locale>,
}

/// The grants of an invite, in the form that is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Grants {
    /// The invite's id. It stands in the audit entries of the invite and of the registration.
    invite: String,
    scope: Option<String>,
    ext: Option<String>,
    /// Who invited. The invite works only as long as that person could send it again.
    by: GrantedBy,
}

/// Adds the mail of an invite to the outbox. Earlier invites to the same address end, so a new one corrects a mistake.
///
/// # Errors
/// See [`NewUserError`].
pub async fn invite(
    database: &Database,
    policy: &MailPolicy,
    invite: Invite,
    by: Option<CallerRights>,
    context: &RequestContext,
) -> Result<(), NewUserError> {
    let (policy, context) = (*policy, context.clone());
    let grants = Grants {
        invite: Uuid::now_v7().to_string(),
        scope: invite.scopes.as_ref().map(Scopes::to_string),
        ext: invite.ext.as_ref().map(|ext| ext.as_str().to_owned()),
        by: GrantedBy::of(&context.actor)?,
    };
    let stored = serde_json::to_string(&grants);
    let stored = stored.map_err(|error| DatabaseError::Internal(error.to_string()))?;
    let written = audit::transaction(database, move |transaction| {
        // With this lock, making, sending and using invites run one after the other.
        administration::lock_administrators(transaction)?;
        if let Some(caller) = &by
            && let Err(changed) = caller.check(transaction)?
        {
            return Ok(Err(changed));
        }
        end_invites(transaction, invite.email.canonical())?;
        // No user has this id, so every owner of the address counts as another user.
        let (no_user, now) = (UserId::random(), context.at.seconds());
        name_assignment::reject_taken_address(transaction, &invite.email, &no_user, now)?;
        let mail = NewMail::to_address(MailKind::Invite, &invite.email, invite.locale.as_ref());
        policy.add(transaction, mail.with_grants(stored.clone()), context.at)?;
        let entry = context.done(Event::AdminInvited).with("invite", grants.invite.as_str());
        let entry = match &grants.scope {
            Some(scope) => entry.with("scope", scope.as_str()),
            None => entry,
        };
        transaction.audit(entry)?;
        Ok(Ok(()))
    });
    Ok(written.await??)
}

/// Ends the invites to an address: those that were sent, and those that wait in the outbox. The transaction must have
/// called [`administration::lock_administrators`].
pub(super) fn end_invites(transaction: &mut Transaction<'_>, address_key: &str) -> DbResult<()> {
    one_time_tokens::remove_of_address(transaction, address_key, INVITE[0])?;
    outbox::remove_waiting_at(transaction, address_key, MailKind::Invite.as_str())?;
    Ok(())
}

/// Why an invite is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InviteRejection {
    /// The invite was used, has expired or is unknown, or its sender no longer has the right to send it.
    #[error("the invite is used, expired or unknown")]
    Invalid,
    /// The invite was sent to another address.
    #[error("the invite was sent to another address")]
    OtherAddress,
}

/// Checks that an invite with this token exists and was sent to this address. Does not consume it.
///
/// # Errors
/// [`InviteRejection`]; when the database is unavailable.
pub(super) async fn check(
    database: &Database,
    token: &LinkToken,
    email: &EmailAddress,
    now: UnixSeconds,
) -> Result<Result<(), InviteRejection>, DatabaseError> {
    let (hash, key) = (token.hash(), email.canonical().to_owned());
    let read = move |connection: &mut AnyConnection| {
        let found = one_time_tokens::find(connection, &hash, &INVITE, now)?;
        Ok(match found {
            Some(token) if token.address_key == key => Ok(()),
            Some(_) => Err(InviteRejection::OtherAddress),
            None => Err(InviteRejection::Invalid),
        })
    };
    database.read(read).await
}

/// An invite that this transaction consumes.
pub(super) struct UsedInvite {
    /// Its id.
    pub(super) id: String,
    /// The address, as the mail was sent to it.
    pub(super) email: EmailAddress,
    grants: Grants,
}

impl UsedInvite {
    /// Consumes the invite with this token. `None` if it was used, has expired or is unknown, or if its sender is no
    /// administrator any more, or lacks a scope that it grants.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub(super) fn take(
        transaction: &mut Transaction<'_>,
        token: &LinkToken,
        now: UnixSeconds,
    ) -> DbResult<Option<Self>> {
        administration::lock_administrators(transaction)?;
        let found = one_time_tokens::find(transaction, &token.hash(), &INVITE, now)?;
        let Some(TokenRow { address, address_key, grants, .. }) = found else { return Ok(None) };
        let broken = || DatabaseError::Internal("an invite that cannot be read".to_owned());
        let email = EmailAddress::parse(&address).map_err(|_| broken())?;
        let grants: Grants =
            serde_json::from_str(&grants.unwrap_or_default()).map_err(|_| broken())?;
        if !grants.by.may_grant(transaction, grants.scope.as_deref().unwrap_or_default())? {
            // Not consumed: it works again if its sender gets the rights back.
            return Ok(None);
        }
        if one_time_tokens::take(transaction, &token.hash(), &INVITE, now)?.is_none() {
            return Ok(None);
        }
        // Other invites to this address are no longer needed.
        end_invites(transaction, &address_key)?;
        Ok(Some(Self { id: grants.invite.clone(), email, grants }))
    }

    /// The row with the grants of the invite. Its address is the one to which the mail was sent, so it is proven.
    pub(super) fn with_grants(&self, mut row: UserRow, at: UnixMicros) -> UserRow {
        let Grants { scope, ext, .. } = &self.grants;
        self.email.display().clone_into(&mut row.email);
        self.email.canonical().clone_into(&mut row.email_key);
        row.address.email_verified_at = Some(at.seconds());
        row.address.proof_due_at = None;
        if let Some(scope) = scope {
            scope.clone_into(&mut row.scope);
        }
        row.ext.clone_from(ext);
        row
    }
}
