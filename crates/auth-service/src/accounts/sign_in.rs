//! Signing in with a name and a password.

use database::{Database, DatabaseError};
use service_kit::ids::{SessionId, UserId};

use super::{
    CheckPasswordError, RenewedHash,
    hashing::{HashingError, SlotError},
};
use crate::{
    audit::{self, Event, RequestContext},
    lifetimes::SessionRules,
    mail::{MailKind, MailPolicy, NewMail},
    sessions::{self, NewSession},
    store::{
        self, DbResult, Transaction,
        sessions::SessionRow,
        users::{StoredRights, UserRow},
    },
    throttle::TooSoon,
};

/// Why a log-in fails.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The password was not accepted (401), or could not be checked now (503).
    #[error("{reason}")]
    Password {
        /// The user with this name, if there is one.
        user_id: Option<UserId>,
        /// Which of the two, and why.
        reason: CheckPasswordError,
    },
    /// There were too many failures before: log-ins to the account must wait.
    #[error("another attempt at the account comes too soon")]
    TooManyFailures {
        /// The user that was named, if there is one and the database was asked.
        user_id: Option<UserId>,
        /// How long to wait.
        wait: TooSoon,
    },
    /// Too many log-ins came from the same address, and this one does not count as one from a trusted device.
    #[error("the source is over its limit")]
    SourceOverLimit(TooSoon),
    /// The password was right, but log-ins need a proven address. The mail for the proof was added to the outbox, if it
    /// is still needed.
    #[error("the address is not proven")]
    EmailUnverified {
        /// The user.
        user_id: UserId,
    },
    /// While the password was being checked, the user's password changed, or the user was disabled or deleted. Clients
    /// get the same 401 as for a wrong password.
    #[error("the user's credentials changed during the log-in")]
    CredentialsChanged,
    /// The database is unavailable.
    #[error("{error}")]
    Database {
        /// The user, if the password was right.
        user_id: Option<UserId>,
        /// Why.
        error: DatabaseError,
    },
}

impl From<DatabaseError> for SignInError {
    fn from(error: DatabaseError) -> Self {
        Self::Database { user_id: None, error }
    }
}

impl SignInError {
    /// The user that was named, if the error has it.
    pub fn user_id(&self) -> Option<&UserId> {
        match self {
            Self::Password { user_id, .. }
            | Self::TooManyFailures { user_id, .. }
            | Self::Database { user_id, .. } => user_id.as_ref(),
            Self::EmailUnverified { user_id } => Some(user_id),
            Self::SourceOverLimit(_) | Self::CredentialsChanged => None,
        }
    }

    /// A fixed word for the audit log, if the password was checked and the log-in refused. (Limits have entries of their
    /// own.)
    pub fn audited_as(&self) -> Option<&'static str> {
        match self {
            Self::Password { user_id, reason } => {
                let reason = reason.audited_as()?;
                Some(if user_id.is_some() { reason } else { "unknown_user" })
            }
            Self::EmailUnverified { .. } => Some("email_unverified"),
            Self::CredentialsChanged => Some("credentials_changed"),
            Self::TooManyFailures { .. } | Self::SourceOverLimit(_) | Self::Database { .. } => None,
        }
    }
}

impl From<SlotError> for SignInError {
    fn from(error: SlotError) -> Self {
        match error {
            SlotError::Hashing(error) => error.into(),
            SlotError::TooSoon(wait) => Self::TooManyFailures { user_id: None, wait },
        }
    }
}

impl From<HashingError> for SignInError {
    fn from(error: HashingError) -> Self {
        Self::Password { user_id: None, reason: error.into() }
    }
}

/// The changes that are stored together with the session of a log-in.
#[derive(Clone, Debug, Default)]
pub struct LoginChanges {
    /// The keys whose failures are deleted.
    pub failure_keys: Vec<String>,
    /// A stronger hash of the password, if the stored one is to be replaced.
    pub renewed: Option<RenewedHash>,
}

/// The result of a log-in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session's row as it was inserted.
    pub session: SessionRow,
    /// Number of other sessions that were ended because the user had too many.
    pub ended: usize,
    /// The user's rights when the session began.
    pub rights: StoredRights,
}

/// A mail about a log-in from a device that is not trusted.
#[derive(Clone, Debug)]
pub struct SignInNotice {
    policy: MailPolicy,
    mail: NewMail,
}

impl SignInNotice {
    /// The notice to this user. `None` if no notice is due; then the log-in writes nothing in addition.
    pub fn of(policy: &MailPolicy, user: &UserRow, is_trusted: bool) -> Option<Self> {
        let is_due = !is_trusted && policy.may_notify_of_sign_in(user);
        let mail = || NewMail::to_user(MailKind::NewDevice, user);
        is_due.then(|| Self { policy: *policy, mail: mail() })
    }

    /// Adds the mail to the outbox.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub(crate) fn store(
        &self,
        transaction: &mut Transaction<'_>,
        session: &SessionId,
        context: &RequestContext,
    ) -> DbResult<()> {
        let mail = self.mail.clone().about_session(session);
        self.policy.add(transaction, mail, context.at)
    }
}

/// Starts a session for a user whose password was checked. `changes` and `notice` are stored in the same transaction.
///
/// # Errors
/// [`SignInError::CredentialsChanged`], [`SignInError::Database`].
pub async fn sign_in(
    database: &Database,
    rules: SessionRules,
    new: NewSession<'_>,
    changes: LoginChanges,
    notice: Option<SignInNotice>,
    context: RequestContext,
) -> Result<SignedIn, SignInError> {
    let (version, now) = (new.user.credential_version, context.at.seconds());
    let session = new.into_row(&rules.lifetimes, now);
    let started = audit::transaction(database, move |transaction| {
        let user_id = &session.user_id;
        // Sets `last_login_at`, which locks the user's row until the commit. `None` if the user is disabled or deleted, or
        // the credential version has changed.
        let recorded = store::users::record_login_if_unchanged(transaction, user_id, version, now)?;
        let Some(rights) = recorded else { return Ok(None) };
        changes.store(transaction, user_id)?;
        if let Some(notice) = &notice {
            notice.store(transaction, &session.id, &context)?;
        }
        // Inserts the session and the entry about the log-in; over the session cap, other sessions end. The last step,
        // because ending sessions locks the row of `feed_head`, for which all processes wait.
        let login = context.done(Event::UserLogin).about_user(user_id).authenticated_by_password();
        let ended =
            sessions::insert_and_enforce_cap(transaction, &session, &rules, &context, login)?;
        Ok(Some(SignedIn { session: session.clone(), ended, rights }))
    });
    started.await?.ok_or(SignInError::CredentialsChanged)
}

impl LoginChanges {
    /// Most log-ins have nothing to store, and run no further statement.
    fn store(&self, transaction: &mut Transaction<'_>, user_id: &UserId) -> DbResult<()> {
        if !self.failure_keys.is_empty() {
            store::login_failures::clear(transaction, &self.failure_keys)?;
        }
        self.renewed
            .as_ref()
            .map_or(Ok(()), |renewed| renewed.replace_stored_hash(transaction, user_id))
    }
}
