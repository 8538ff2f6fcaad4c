//! Setting a new password by the link of a mail, for a user who has forgotten it.

use std::time::Duration;

use database::{AnyConnection, Database};
use service_kit::{ids::UserId, unix_time::UnixSeconds};

use super::{
    FieldError, LinkError, NewPasswordError, PasswordService,
    change_password::parse_new_password,
    end_links::end_links,
    failure_keys,
    granted_by::GrantedBy,
    hashing::QueuePermit,
    rights_change,
    take_link::{take_link, with_user_id},
};
use crate::{
    audit::{self, Actor, Entry, Event, RequestContext},
    mail::{LinkPurpose, LinkToken, MailKind, MailPolicy, NewMail},
    sessions::revoke::{revoke_all_in, revoke_down_to_one_batch},
    store::{
        self, DbResult, Transaction,
        one_time_tokens::{self, TokenRow},
        users::UserRow,
    },
    throttle::AttemptKeys,
};

const RESET: [&str; 2] = [LinkPurpose::Reset.as_str(), LinkPurpose::HandedReset.as_str()];

/// Why a password is not reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetPasswordError {
    /// The link is not accepted, or the database is unavailable.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The new password breaks a rule. The link still works.
    #[error("{0}")]
    Password(FieldError),
    /// The new password is known from a breach, or cannot be hashed now. The link still works.
    #[error(transparent)]
    NewPassword(#[from] NewPasswordError),
}

/// What a reset needs from the service.
#[derive(Clone, Copy, Debug)]
pub struct PasswordResetter<'a> {
    /// The database.
    pub database: &'a Database,
    /// Hashes the new password.
    pub passwords: &'a PasswordService,
    /// The keys of failed log-ins, which are deleted with the reset.
    pub keys: &'a AttemptKeys,
    /// The rules about mail.
    pub policy: &'a MailPolicy,
    /// The lifetime of access tokens.
    pub access: Duration,
}

impl PasswordResetter<'_> {
    /// Sets a new password. Every session ends, no device is trusted any more, and the user's other links end, except
    /// those that take a previous address back. The call starts no session. Returns the user.
    ///
    /// # Errors
    /// See [`ResetPasswordError`].
    pub async fn reset(
        &self,
        permit: &QueuePermit,
        token: &LinkToken,
        new_password: &str,
        context: &RequestContext,
    ) -> Result<UserId, ResetPasswordError> {
        let (hash, now) = (token.hash(), context.at.seconds());
        // Read first: an invalid link costs no password hash, and the rules need the name and the address.
        let user = self.find(hash.clone(), now).await?;
        let new = parse_new_password(new_password, &user).map_err(ResetPasswordError::Password)?;
        let new = self.passwords.hash_new(permit, new).await?.into_string();
        let context = context.by(Actor::User(user.id.clone()));
        let entry = context.done(Event::PasswordReset).about_user(&user.id);
        let surplus = revoke_down_to_one_batch(self.database, &user.id, None, now, &entry).await;
        surplus.map_err(LinkError::from)?;
        let (keys, policy, access) = (failure_keys(self.keys, &user), *self.policy, self.access);
        let reset = audit::transaction(self.database, move |transaction| {
            let (hash, new, keys, context) = (&hash, &new, &keys, &context);
            let reset = Reset { policy, access, hash, new, keys, context };
            reset.run(transaction, &entry)
        });
        Ok(reset.await.map_err(LinkError::from)?.ok_or(LinkError::Invalid)?)
    }

    async fn find(&self, hash: String, now: UnixSeconds) -> Result<UserRow, LinkError> {
        let read = move |connection: &mut AnyConnection| {
            let token = one_time_tokens::find(connection, &hash, &RESET, now)?;
            let Some((token, id)) = with_user_id(token) else { return Ok(None) };
            let user = store::users::by_id(connection, &id)?;
            Ok(user.filter(|user| is_valid_for(user, &token)))
        };
        self.database.read(read).await?.ok_or(LinkError::Invalid)
    }
}

/// Whether the token is still for the address of this user, who may sign in.
fn is_valid_for(user: &UserRow, token: &TokenRow) -> bool {
    user.disabled_at.is_none() && user.email == token.address
}

/// Whether the token is valid for this user. If the link was handed over, its maker must still have every scope of the
/// user, because the link gives access to the account.
fn is_accepted(
    transaction: &mut Transaction<'_>,
    user: &UserRow,
    token: &TokenRow,
) -> DbResult<bool> {
    if !is_valid_for(user, token) {
        return Ok(false);
    }
    if token.purpose != LinkPurpose::HandedReset.as_str() {
        return Ok(true);
    }
    let granted_by =
        token.grants.as_deref().and_then(|text| serde_json::from_str::<GrantedBy>(text).ok());
    match granted_by {
        Some(granted_by) => granted_by.may_grant(transaction, &user.scope),
        None => Ok(false),
    }
}

struct Reset<'a> {
    policy: MailPolicy,
    access: Duration,
    hash: &'a str,
    new: &'a str,
    keys: &'a [String],
    context: &'a RequestContext,
}

impl Reset<'_> {
    /// Consumes the link and sets the password. `None` if the link is no longer valid.
    fn run(&self, transaction: &mut Transaction<'_>, entry: &Entry) -> DbResult<Option<UserId>> {
        let now = self.context.at.seconds();
        let taken = take_link(transaction, self.hash, &RESET, now, is_accepted)?;
        let Some((token, user)) = taken else { return Ok(None) };
        let id = user.id.clone();
        // Log-ins that are in progress will fail.
        store::users::bump_credential_version(transaction, &id)?;
        store::users::set_password_hash(transaction, &id, self.new)?;
        // A link that was handed over went through no mail box.
        let is_mailed = token.purpose == LinkPurpose::Reset.as_str();
        let is_first_proof = is_mailed && store::users::mark_proven(transaction, &id, now)?;
        if is_first_proof {
            transaction.audit(self.context.done(Event::EmailVerified).about_user(&id))?;
        }
        // A thief who knew the old password may have asked for another address.
        store::users::set_pending_email(transaction, &id, None)?;
        end_links(transaction, &id)?;
        store::login_failures::clear(transaction, self.keys)?;
        let notice = NewMail::to_user(MailKind::PasswordChanged, &user);
        self.policy.add(transaction, notice, self.context.at)?;
        let entry = entry.clone().with("handed_over", !is_mailed);
        revoke_all_in(transaction, &id, now, &entry)?;
        if is_first_proof {
            rights_change::raise(transaction, &id, self.access, now)?;
        }
        Ok(Some(id))
    }
}
