//! Deleting an account: by its owner, an administrator or an operator.

use database::{AnyConnection, Database, DatabaseError};
use service_kit::ids::{SessionId, UserId};

use super::{
    CallerRights, CallerRightsChanged, ExpectedRevisions, LastAdministrator,
    administrators::is_last, invites::end_invites,
};
use crate::{
    audit::{self, Entry, Event, RequestContext},
    sessions::revoke::{revoke_all_in, revoke_down_to_one_batch},
    store::{self, DbResult, Transaction, users::administration},
};

/// Why a user is not deleted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DeleteRejection {
    /// There is no such user.
    #[error("there is no such user")]
    UserGone,
    /// The caller's session has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// The account has another revision.
    #[error("the user was changed meanwhile")]
    Changed,
    /// No administrator would be left.
    #[error(transparent)]
    LastAdministrator(#[from] LastAdministrator),
    /// The caller's rights changed after the token was checked.
    #[error(transparent)]
    CallerRightsChanged(#[from] CallerRightsChanged),
}

impl DeleteRejection {
    /// A fixed word for the audit log. `None` if the user does not exist or the session has ended: such a call is not
    /// audited.
    pub fn audited_as(&self) -> Option<&'static str> {
        match self {
            Self::LastAdministrator(_) => Some("last_administrator"),
            Self::CallerRightsChanged(_) => Some("rights_changed"),
            Self::Changed => Some("precondition_failed"),
            Self::UserGone | Self::SessionEnded => None,
        }
    }
}

/// Why deleting failed.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// It is rejected.
    #[error(transparent)]
    Rejected(#[from] DeleteRejection),
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// A user to delete with every session.
#[derive(Clone, Debug)]
pub struct Deletion {
    /// The user.
    pub user_id: UserId,
    /// The caller's session, if the user is the caller.
    pub own_session: Option<SessionId>,
    /// The administrator, if it is a person.
    pub by: Option<CallerRights>,
    /// The revisions that the account may have; `None` for any.
    pub expected: Option<ExpectedRevisions>,
}

impl Deletion {
    /// Deletes the user.
    ///
    /// # Errors
    /// See [`DeleteError`].
    pub async fn apply(
        self,
        database: &Database,
        context: RequestContext,
    ) -> Result<(), DeleteError> {
        // If the user has many sessions, most of them end in earlier transactions. So the rules are checked before
        // those, and again in the transaction that deletes.
        let deletion = self.clone();
        let read = move |connection: &mut AnyConnection| deletion.check(connection);
        database.read(read).await??;
        let entry = context.done(Event::UserDeleted).about_user(&self.user_id);
        let entry = self.own_session.iter().fold(entry, Entry::in_session);
        let (now, except) = (context.at.seconds(), self.own_session.as_ref());
        revoke_down_to_one_batch(database, &self.user_id, except, now, &entry).await?;
        let write = move |transaction: &mut Transaction<'_>| {
            administration::lock_administrators(transaction)?;
            store::users::lock(transaction, &self.user_id)?;
            if let Err(rejection) = self.check(transaction)? {
                return Ok(Err(rejection));
            }
            // Log-ins in flight fail.
            store::users::bump_credential_version(transaction, &self.user_id)?;
            // Otherwise an invite to the address could create the account again.
            if let Some(user) = store::users::by_id(transaction, &self.user_id)? {
                end_invites(transaction, &user.email_key)?;
            }
            revoke_all_in(transaction, &self.user_id, now, &entry)?;
            store::users::remove(transaction, &self.user_id)?;
            Ok(Ok(()))
        };
        Ok(audit::transaction(database, write).await??)
    }

    fn check(&self, connection: &mut AnyConnection) -> DbResult<Result<(), DeleteRejection>> {
        if let Some(caller) = &self.by
            && let Err(changed) = caller.check(connection)?
        {
            return Ok(Err(changed.into()));
        }
        let Some(user) = store::users::by_id(connection, &self.user_id)? else {
            let is_own = self.own_session.is_some();
            let rejection =
                if is_own { DeleteRejection::SessionEnded } else { DeleteRejection::UserGone };
            return Ok(Err(rejection));
        };
        if let Some(session) = &self.own_session
            && store::sessions::is_revoked(connection, session)?
        {
            return Ok(Err(DeleteRejection::SessionEnded));
        }
        if self.expected.as_ref().is_some_and(|expected| !expected.match_user(&user)) {
            return Ok(Err(DeleteRejection::Changed));
        }
        Ok(if is_last(connection, &user)? { Err(LastAdministrator.into()) } else { Ok(()) })
    }
}
