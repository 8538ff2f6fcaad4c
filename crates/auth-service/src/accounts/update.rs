//! Changes a user, for an administrator or an operator.

use std::time::Duration;

use claims::Scopes;
use database::{AnyConnection, Database, DatabaseError};
use service_kit::ids::UserId;

use super::{
    CallerRights, CallerRightsChanged, ExpectedRevisions, LastAdministrator, StatusChange,
    UserChanges,
    administrators::{has_admin_scope, is_last},
    name_assignment::{TakenField, taken_field},
    rights_change::announce,
    scope_grant::{check_grant, granted, not_held},
};
use crate::{
    audit::{self, Event, RequestContext},
    mail::MailPolicy,
    scopes::{KnownScopes, UnknownScope},
    sessions::revoke::revoke_down_to_one_batch,
    store::{
        self, DbResult, Transaction,
        users::{UserRow, administration},
    },
};

/// The rules that a change must follow.
#[derive(Clone, Debug)]
pub struct ChangeRules {
    /// The scopes that may be granted: those of the administrator. `None` for operators.
    pub grantable: Option<Scopes>,
    /// The administrator, if it is a person.
    pub by: Option<CallerRights>,
    /// The scopes that exist.
    pub known: KnownScopes,
    /// The lifetime of access tokens.
    pub access: Duration,
    /// The rules about mail.
    pub mail: MailPolicy,
    /// The revisions that the account may have; `None` for any.
    pub expected: Option<ExpectedRevisions>,
}

impl ChangeRules {
    /// The rules for an operator: every known scope may be granted, and the account may have any revision.
    pub fn of_operator(known: KnownScopes, access: Duration, mail: MailPolicy) -> Self {
        Self { grantable: None, by: None, known, access, mail, expected: None }
    }
}

/// A change of one user.
#[derive(Clone, Debug)]
pub struct UserUpdate {
    /// The user.
    pub id: UserId,
    /// The changes.
    pub changes: UserChanges,
    /// The rules for it.
    pub rules: ChangeRules,
}

/// Why a user is not changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum UpdateRejection {
    /// There is no such user.
    #[error("there is no such user")]
    UserGone,
    /// The account has another revision.
    #[error("the user was changed meanwhile")]
    Changed,
    /// The administrator does not have this scope, and would grant it.
    #[error("the caller does not have {0:?}, so cannot grant it")]
    ScopeNotHeld(String),
    /// The administrator would change the address of a user who has this scope, which the administrator does not have.
    #[error("the user has {0:?}, which the caller does not have")]
    UserHasMoreRights(String),
    /// An unknown scope would be granted.
    #[error(transparent)]
    UnknownScope(UnknownScope),
    /// No administrator would be left.
    #[error(transparent)]
    LastAdministrator(#[from] LastAdministrator),
    /// The caller's rights changed after the token was checked.
    #[error(transparent)]
    CallerRightsChanged(#[from] CallerRightsChanged),
}

impl UpdateRejection {
    /// A fixed word for the audit log; `None` if the user does not exist.
    pub fn audited_as(&self) -> Option<&'static str> {
        match self {
            Self::ScopeNotHeld(_) | Self::UserHasMoreRights(_) => Some("scope_not_held"),
            Self::LastAdministrator(_) => Some("last_administrator"),
            Self::CallerRightsChanged(_) => Some("rights_changed"),
            Self::Changed => Some("precondition_failed"),
            Self::UnknownScope(_) => Some("unknown_scope"),
            Self::UserGone => None,
        }
    }
}

/// Why a change failed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// It is rejected.
    #[error(transparent)]
    Rejected(#[from] UpdateRejection),
    /// Another user has the name or the address.
    #[error("a user of that name or address exists")]
    Taken(TakenField),
    /// The database is unavailable.
    #[error(transparent)]
    Database(DatabaseError),
}

impl UpdateError {
    /// A fixed word for the audit log, if the change was refused.
    pub fn audited_as(&self) -> Option<&'static str> {
        match self {
            Self::Rejected(rejection) => rejection.audited_as(),
            Self::Taken(_) => Some("user_exists"),
            Self::Database(_) => None,
        }
    }
}

impl From<DatabaseError> for UpdateError {
    fn from(error: DatabaseError) -> Self {
        taken_field(&error).map_or(Self::Database(error), Self::Taken)
    }
}

impl UserUpdate {
    /// Makes the change and returns the new row. Values that stay the same are not written.
    ///
    /// # Errors
    /// See [`UpdateError`].
    pub async fn apply(
        self,
        database: &Database,
        context: RequestContext,
    ) -> Result<UserRow, UpdateError> {
        if matches!(self.changes.status, Some(StatusChange::Disable { .. })) {
            // If the user has many sessions, most of them end in earlier transactions. So the rules are checked before
            // those, and again in the transaction that makes the change.
            let update = self.clone();
            let read = move |connection: &mut AnyConnection| update.check(connection);
            let user = database.read(read).await??;
            let entry = context.done(Event::UserDisabled).about_user(&user.id);
            revoke_down_to_one_batch(database, &user.id, None, context.at.seconds(), &entry)
                .await?;
        }
        let write = move |transaction: &mut Transaction<'_>| self.apply_in(transaction, &context);
        Ok(audit::transaction(database, write).await??)
    }

    /// Checks the rules. Returns the current row.
    fn check(&self, connection: &mut AnyConnection) -> DbResult<Result<UserRow, UpdateRejection>> {
        let ChangeRules { grantable, by, known, expected, .. } = &self.rules;
        if let Some(caller) = by
            && let Err(changed) = caller.check(connection)?
        {
            return Ok(Err(changed.into()));
        }
        let Some(user) = store::users::by_id(connection, &self.id)? else {
            return Ok(Err(UpdateRejection::UserGone));
        };
        if expected.as_ref().is_some_and(|expected| !expected.match_user(&user)) {
            return Ok(Err(UpdateRejection::Changed));
        }
        // With a new address, an administrator could get a mail that resets the password, and so use the user's scopes.
        if self.changes.email.is_some()
            && let Some(missing) = grantable
                .as_ref()
                .and_then(|held| not_held(user.scope.split_ascii_whitespace(), held))
        {
            return Ok(Err(UpdateRejection::UserHasMoreRights(missing)));
        }
        let scope = self.changes.rights.scope.as_ref().map(|change| change.apply(&user.scope));
        if let Some(granted) = scope.as_ref().and_then(|after| granted(&user.scope, after))
            && let Err(rejection) = check_grant(granted, grantable.as_ref(), known)
        {
            return Ok(Err(rejection));
        }
        let disables = matches!(self.changes.status, Some(StatusChange::Disable { .. }));
        let demotes = scope.is_some_and(|scope| !has_admin_scope(&scope));
        if (disables || demotes) && is_last(connection, &user)? {
            return Ok(Err(LastAdministrator.into()));
        }
        Ok(Ok(user))
    }

    fn apply_in(
        &self,
        transaction: &mut Transaction<'_>,
        context: &RequestContext,
    ) -> DbResult<Result<UserRow, UpdateRejection>> {
        administration::lock_administrators(transaction)?;
        store::users::lock(transaction, &self.id)?;
        let user = match self.check(transaction)? {
            Ok(user) => user,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let version = user.rights_version;
        let user = self.changes.set_values(transaction, user, &self.rules.mail, context)?;
        // The following steps write to the feed, which must come last.
        let user = self.changes.set_status(transaction, user, context)?;
        if user.rights_version != version {
            announce(transaction, &user, self.rules.access, context)?;
        }
        Ok(Ok(user))
    }
}
