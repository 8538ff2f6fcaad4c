//! Signing in with a name and a password.

use database::{Database, DatabaseError};
use service_kit::ids::UserId;

use super::{
    CheckPasswordError, OwnSession, PasswordService,
    hashing::{AttemptError, HashingError},
};
use crate::{
    audit::{self, Event, RequestContext},
    lifetimes::{Lifetimes, SessionRules},
    sessions::{self, NewSession, password_attempts},
    store::{self, DbResult, Transaction, sessions::SessionRow},
    throttle::TooSoon,
};

/// Why a login is refused.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The password was not accepted.
    #[error("{reason}")]
    Password {
        /// The user with this name, if there is one.
        user_id: Option<UserId>,
        /// Why it was not accepted.
        reason: CheckPasswordError,
    },
    /// Too many failures came before it: the wait until the next try.
    #[error("the account is tried again too soon")]
    TooSoon {
        /// The user that was named, if there is one and the database was asked.
        user_id: Option<UserId>,
        /// How long to wait.
        wait: TooSoon,
    },
    /// While the password was being checked, the user's password changed, or the user was disabled or deleted.
    #[error("the user's credentials changed during the login")]
    CredentialsChanged,
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<AttemptError> for SignInError {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::Hashing(error) => error.into(),
            AttemptError::TooSoon(wait) => Self::TooSoon { user_id: None, wait },
        }
    }
}

impl From<HashingError> for SignInError {
    fn from(error: HashingError) -> Self {
        Self::Password { user_id: None, reason: error.into() }
    }
}

/// The result of a login.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Its row as inserted.
    pub session: SessionRow,
    /// Number of older sessions that were ended because the user had too many.
    pub ended: usize,
}

/// Starts a session for a user whose password was checked. The failures under the keys `failed` end with it.
///
/// # Errors
/// [`SignInError::CredentialsChanged`], [`SignInError::Database`].
pub async fn sign_in(
    database: &Database,
    passwords: &PasswordService,
    rules: SessionRules,
    new: NewSession<'_>,
    failed: Vec<String>,
    context: RequestContext,
) -> Result<SignedIn, SignInError> {
    let version = new.user.credential_version;
    let session = new.into_row(&rules.lifetimes, context.at.seconds());
    // Other hashes are running, so more logins will commit within milliseconds: let this one share their commit.
    let others_follow = passwords.is_busy();
    let started = audit::write_batched(database, others_follow, move |transaction| {
        let signed_in = start_session_in(transaction, version, &session, &rules, &context)?;
        // Most logins have none, and cost no further statement.
        if signed_in.is_some() && !failed.is_empty() {
            store::login_failures::clear(transaction, &failed)?;
        }
        Ok(signed_in)
    });
    started.await?.ok_or(SignInError::CredentialsChanged)
}

/// `None` if the user's credential version is no longer `version`.
fn start_session_in(
    transaction: &mut Transaction<'_>,
    version: i64,
    session: &SessionRow,
    rules: &SessionRules,
    context: &RequestContext,
) -> DbResult<Option<SignedIn>> {
    let (user_id, now) = (&session.user_id, context.at.seconds());
    if !store::users::record_login_if_unchanged(transaction, user_id, version, now)? {
        return Ok(None);
    }
    let ended = sessions::start(transaction, session, rules, context)?;
    Ok(Some(SignedIn { session: session.clone(), ended }))
}

/// Why a reauthentication fails.
#[derive(Debug, thiserror::Error)]
pub enum ReauthenticateError {
    /// The session has ended, or the user can no longer sign in.
    #[error("the session has ended")]
    SessionEnded,
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Makes a session fresh after its user's password was checked. Returns its new row.
///
/// # Errors
/// See [`ReauthenticateError`].
pub async fn reauthenticate(
    database: &Database,
    own: &OwnSession,
    lifetimes: &Lifetimes,
    context: RequestContext,
) -> Result<SessionRow, ReauthenticateError> {
    let OwnSession { user, session, .. } = own;
    let now = context.at.seconds();
    // The session may have expired while the password was being checked.
    if sessions::is_ended(session, now) {
        return Err(ReauthenticateError::SessionEnded);
    }
    let access_expires_at = session.expires_at.min(now + lifetimes.access);
    let fresh = SessionRow {
        auth_time: now,
        access_expires_at: session.access_expires_at.max(access_expires_at),
        ..session.clone()
    };
    let (version, row, failed) = (user.credential_version, fresh.clone(), own.failure_keys.clone());
    let recorded = audit::write(database, move |transaction| {
        let recorded = reauthenticate_in(transaction, version, &row, &context)?;
        if recorded {
            password_attempts::succeeded(transaction, &row.id, &failed)?;
        }
        Ok(recorded)
    });
    if recorded.await? { Ok(fresh) } else { Err(ReauthenticateError::SessionEnded) }
}

/// `false` if the session has ended, or the user's credential version is no longer `version`.
fn reauthenticate_in(
    transaction: &mut Transaction<'_>,
    version: i64,
    fresh: &SessionRow,
    context: &RequestContext,
) -> DbResult<bool> {
    let now = context.at.seconds();
    let SessionRow { id, user_id, access_expires_at, .. } = fresh;
    let recorded = store::users::record_login_if_unchanged(transaction, user_id, version, now)?
        && store::sessions::record_password(transaction, id, now, *access_expires_at)?;
    if recorded {
        let entry = context.done(Event::SessionReauthenticated).about_user(user_id);
        transaction.audit(entry.in_session(id).with_password())?;
    }
    Ok(recorded)
}
