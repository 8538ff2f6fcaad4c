//! A link with which a user sets a new password. An administrator or an operator makes it; neither of them can set the
//! password of an existing user.

use std::time::Duration;

use claims::Scopes;
use database::{Database, DatabaseError};
use service_kit::ids::UserId;

use super::{CallerRights, CallerRightsChanged, granted_by::GrantedBy, scope_grant::not_held};
use crate::{
    audit::{self, Event, RequestContext},
    mail::{LinkPurpose, LinkToken, MailKind, MailPolicy, NewMail},
    store::{
        self, DbResult, Transaction,
        one_time_tokens::{self, TokenRow},
        users::{UserRow, administration},
    },
};

/// A link to make.
#[derive(Clone, Debug)]
pub struct PasswordLink {
    /// The user.
    pub user_id: UserId,
    /// The scopes of the administrator, who cannot make a link for a user with further scopes, even if it is mailed.
    /// `None` for operators.
    pub held: Option<Scopes>,
    /// The administrator, if it is a person.
    pub by: Option<CallerRights>,
    /// Lifetime of a link that is handed over.
    pub lifetime: Duration,
}

/// A link that was made.
#[derive(Clone, Debug)]
pub enum MadeLink {
    /// The link is sent to the user's address.
    Mailed,
    /// Mail is off: the caller hands the link over. It proves no address.
    ToHandOver(LinkToken),
}

/// Why no link is made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordLinkRejection {
    /// There is no such user.
    #[error("there is no such user")]
    UserGone,
    /// The user may not sign in, so the link would not work.
    #[error("the user is disabled: enable the user first")]
    Disabled,
    /// The user has a scope that the administrator does not have.
    #[error("the user has the scope {0:?}, which the caller does not have")]
    UserHasMoreRights(String),
    /// The caller's rights changed after the token was checked.
    #[error(transparent)]
    CallerRightsChanged(#[from] CallerRightsChanged),
}

impl PasswordLinkRejection {
    /// A fixed word for the audit log; `None` if the user does not exist.
    pub fn audited_as(&self) -> Option<&'static str> {
        match self {
            Self::Disabled => Some("user_disabled"),
            Self::UserHasMoreRights(_) => Some("scope_not_held"),
            Self::CallerRightsChanged(_) => Some("rights_changed"),
            Self::UserGone => None,
        }
    }
}

/// Why making a link failed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordLinkError {
    /// It is rejected.
    #[error(transparent)]
    Rejected(#[from] PasswordLinkRejection),
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl PasswordLink {
    /// Makes the link. The old password works until the link is used.
    ///
    /// # Errors
    /// See [`PasswordLinkError`].
    pub async fn make(
        self,
        database: &Database,
        policy: &MailPolicy,
        context: RequestContext,
    ) -> Result<MadeLink, PasswordLinkError> {
        let token =
            LinkToken::random().map_err(|error| DatabaseError::Internal(error.to_string()))?;
        let policy = *policy;
        let write = move |transaction: &mut Transaction<'_>| {
            self.make_in(transaction, &policy, &token, &context)
        };
        Ok(audit::transaction(database, write).await??)
    }

    fn make_in(
        &self,
        transaction: &mut Transaction<'_>,
        policy: &MailPolicy,
        token: &LinkToken,
        context: &RequestContext,
    ) -> DbResult<Result<MadeLink, PasswordLinkRejection>> {
        // The lock ensures that the caller is an administrator until the transaction ends.
        administration::lock_administrators(transaction)?;
        store::users::lock(transaction, &self.user_id)?;
        let user = match self.check(transaction)? {
            Ok(user) => user,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let entry = context.done(Event::PasswordResetRequested).about_user(&user.id);
        transaction.audit(entry.with("handed_over", !policy.is_on))?;
        if policy.is_on {
            let mail = NewMail::to_user(MailKind::PasswordLink, &user);
            policy.add(transaction, mail, context.at)?;
            return Ok(Ok(MadeLink::Mailed));
        }
        self.store_token(transaction, &user, token, context)?;
        Ok(Ok(MadeLink::ToHandOver(token.clone())))
    }

    /// Checks the rules. Returns the user.
    fn check(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> DbResult<Result<UserRow, PasswordLinkRejection>> {
        if let Some(caller) = &self.by
            && let Err(changed) = caller.check(transaction)?
        {
            return Ok(Err(changed.into()));
        }
        let Some(user) = store::users::by_id(transaction, &self.user_id)? else {
            return Ok(Err(PasswordLinkRejection::UserGone));
        };
        if let Some(missing) =
            self.held.as_ref().and_then(|held| not_held(user.scope.split_ascii_whitespace(), held))
        {
            return Ok(Err(PasswordLinkRejection::UserHasMoreRights(missing)));
        }
        let is_disabled = user.disabled_at.is_some();
        Ok(if is_disabled { Err(PasswordLinkRejection::Disabled) } else { Ok(user) })
    }

    fn store_token(
        &self,
        transaction: &mut Transaction<'_>,
        user: &UserRow,
        token: &LinkToken,
        context: &RequestContext,
    ) -> DbResult<()> {
        let (purpose, now) = (LinkPurpose::HandedReset, context.at.seconds());
        let grants = serde_json::to_string(&GrantedBy::of(&context.actor)?)
            .map_err(|error| DatabaseError::Internal(error.to_string()))?;
        let row = TokenRow {
            hash: token.hash(),
            purpose: purpose.as_str().to_owned(),
            user_id: Some(user.id.clone()),
            address: user.email.clone(),
            address_key: user.email_key.clone(),
            requested_at: context.at,
            created_at: now,
            expires_at: now + self.lifetime,
            grants: Some(grants),
        };
        one_time_tokens::insert(transaction, &row)?;
        if let Some(max) = purpose.max_live() {
            one_time_tokens::keep_newest(transaction, &row, max)?;
        }
        Ok(())
    }
}
