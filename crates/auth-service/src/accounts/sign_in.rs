//! Signing in with a name and a password.

use database::{Database, DatabaseError};

use super::{
    CheckPasswordError, LoginName, Password, PasswordService, check_password,
    hashing::{Attempt, AttemptError, HashingError, MOST_AT_ONCE, Place},
};
use crate::{
    sessions::{self, NewSession},
    settings::{Lifetimes, SessionRules},
    store::{self, DbResult, Transaction, sessions::SessionRow, users::UserRow},
    throttle::{AccountKey, TooSoon},
};

/// A login whose password is not checked yet.
#[derive(Debug)]
pub struct LoginAttempt {
    /// The name that was sent.
    pub name: LoginName,
    /// The pseudonymous id under which attempts at this account are counted.
    pub account: AccountKey,
    /// The password that was sent.
    pub password: Password,
    /// The permit for the hash queue.
    pub place: Place,
}

/// Why a login is refused.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The password was not accepted.
    #[error("{reason}")]
    Password {
        /// The user with this name, if there is one.
        user_id: Option<String>,
        /// Why it was not accepted.
        reason: CheckPasswordError,
    },
    /// Too many failures came before it: the wait until the next try.
    #[error("the account is tried again too soon")]
    TooSoon {
        /// The user that was named, if there is one and the database was asked.
        user_id: Option<String>,
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

/// Finds the user of a login and checks the password.
///
/// # Errors
/// [`SignInError::Password`], [`SignInError::Database`].
pub async fn check_login(
    database: &Database,
    passwords: &PasswordService,
    login: LoginAttempt,
) -> Result<UserRow, SignInError> {
    let LoginAttempt { name, account, password, place } = login;
    // The attempt begins before the user is read, because earlier attempts may have changed the row.
    let attempt = passwords.attempt(place, account, MOST_AT_ONCE).await?;
    let users = database.read(move |connection| name.users(connection)).await?;
    let user_id = users.first().map(|user| user.id.clone());
    let checked = check_each(database, passwords, &attempt, users, password).await;
    checked.map_err(|reason| SignInError::Password { user_id, reason })
}

/// There are two users only if two old accounts have names that share the current canonical form. Then each password
/// signs in to its own account.
async fn check_each(
    database: &Database,
    passwords: &PasswordService,
    attempt: &Attempt,
    users: Vec<UserRow>,
    password: Password,
) -> Result<UserRow, CheckPasswordError> {
    let mut users = users.into_iter();
    let first = check_password(database, passwords, attempt, users.next(), password.clone()).await;
    match (first, users.next()) {
        (Err(error), Some(other)) if error.is_refusal() => {
            check_password(database, passwords, attempt, Some(other), password).await
        }
        (first, _) => first,
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

/// Starts a session for a user whose password was checked.
///
/// # Errors
/// [`SignInError::CredentialsChanged`], [`SignInError::Database`].
pub async fn sign_in(
    database: &Database,
    passwords: &PasswordService,
    rules: SessionRules,
    new: NewSession<'_>,
    now: i64,
) -> Result<SignedIn, SignInError> {
    let version = new.user.credential_version;
    let session = new.into_row(&rules.lifetimes, now);
    // Other hashes are running, so more logins will commit within milliseconds: let this one share their commit.
    let others_follow = passwords.is_busy();
    let started = database
        .write_batched(others_follow, move |transaction| {
            sign_in_in(transaction, version, &session, &rules, now)
        })
        .await?;
    started.ok_or(SignInError::CredentialsChanged)
}

/// `None` if the user's credential version is no longer `version`.
fn sign_in_in(
    transaction: &mut Transaction,
    version: i64,
    session: &SessionRow,
    rules: &SessionRules,
    now: i64,
) -> DbResult<Option<SignedIn>> {
    let user_id = &session.user_id;
    if !store::users::record_login_if_unchanged(transaction, user_id, version, now)? {
        return Ok(None);
    }
    let ended = sessions::start(transaction, session, rules, now)?;
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
    user: &UserRow,
    session: &SessionRow,
    lifetimes: &Lifetimes,
    now: i64,
) -> Result<SessionRow, ReauthenticateError> {
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
    let (version, row) = (user.credential_version, fresh.clone());
    let recorded =
        database.write(move |transaction| reauthenticate_in(transaction, version, &row, now));
    if recorded.await? { Ok(fresh) } else { Err(ReauthenticateError::SessionEnded) }
}

/// `false` if the session has ended, or the user's credential version is no longer `version`.
fn reauthenticate_in(
    transaction: &mut Transaction,
    version: i64,
    fresh: &SessionRow,
    now: i64,
) -> DbResult<bool> {
    let SessionRow { id, user_id, access_expires_at, .. } = fresh;
    let recorded = store::users::record_login_if_unchanged(transaction, user_id, version, now)?
        && store::sessions::record_password(transaction, id, now, *access_expires_at)?;
    store::wrong_passwords::clear(transaction, id)?;
    Ok(recorded)
}
