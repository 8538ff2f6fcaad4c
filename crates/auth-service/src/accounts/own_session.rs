//! The caller's own session, for requests that check the password inside it.

use database::{Database, DatabaseError};
use service_kit::{call_budget::with_half_the_time, ids::SessionId, unix_time::UnixSeconds};

use super::{
    CheckPasswordError, Password, PasswordService, RenewedHash, check_password, failure_keys,
    hashing::{AccountSlot, HashingError, QueuePermit},
};
use crate::{
    audit::{self, RequestContext},
    sessions::{
        is_ended,
        locks::{SessionLock, SessionLocks},
        wrong_passwords::{self, WrongPassword},
    },
    store::{
        self,
        sessions::{SessionRow, SessionWithUser},
        users::UserRow,
    },
    throttle::{AttemptKey, AttemptKeys},
};

/// A user's permit for the hash queue.
#[derive(Clone, Debug)]
pub struct SessionPermit {
    /// The permit.
    pub permit: QueuePermit,
    /// The pseudonymous id under which attempts at this user are counted.
    pub account: AttemptKey,
}

/// Why the caller's session cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OwnSessionError {
    /// Other password checks in the session did not end in time.
    #[error("other password checks run in this session")]
    Busy,
    /// The session has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// Too many other attempts at the account are running.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Why the caller's password is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum OwnPasswordError {
    /// The password was not accepted, or not checked.
    #[error("{reason}")]
    Password {
        /// Why.
        reason: CheckPasswordError,
        /// Whether there were too many wrong passwords in a row, so that the session was ended.
        session_ended: bool,
    },
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The caller's session and user, read while this request holds the lock for password checks in the session.
#[derive(Debug)]
pub struct OwnSession {
    /// The session. It had not ended when it was read.
    pub session: SessionRow,
    /// Its user.
    pub user: UserRow,
    /// The slot of this attempt at the user's account.
    pub slot: AccountSlot,
    /// The keys under which failures of the user's account are counted. Empty if failures are not counted.
    pub failure_keys: Vec<String>,
    _lock: SessionLock,
}

impl OwnSession {
    /// Waits for the lock of the session and for a slot of the user's account, then reads both rows.
    ///
    /// # Errors
    /// See [`OwnSessionError`].
    pub async fn open(
        database: &Database,
        passwords: &PasswordService,
        locks: &SessionLocks,
        keys: Option<&AttemptKeys>,
        session_id: &SessionId,
        SessionPermit { permit, account }: SessionPermit,
        now: impl Fn() -> UnixSeconds,
    ) -> Result<Self, OwnSessionError> {
        let lock = locks.take(session_id).await.ok_or(OwnSessionError::Busy)?;
        let slot = passwords.take_slot_in_session(permit, account).await?;
        let id = session_id.clone();
        let found =
            database.read(move |connection| store::sessions::with_user(connection, &id)).await?;
        let live = found.filter(|found| !is_ended(&found.session, now()));
        let SessionWithUser { session, user } = live.ok_or(OwnSessionError::SessionEnded)?;
        let failure_keys = keys.map(|keys| failure_keys(keys, &user)).unwrap_or_default();
        Ok(Self { session, user, slot, failure_keys, _lock: lock })
    }

    /// Checks the password. The fifth wrong password in a row ends the session.
    ///
    /// # Errors
    /// See [`OwnPasswordError`].
    pub async fn check_password(
        &self,
        database: &Database,
        passwords: &PasswordService,
        password: Password,
        context: impl Fn() -> RequestContext,
    ) -> Result<(), OwnPasswordError> {
        let user = Some(self.user.clone());
        let reason = match check_password(passwords, &self.slot, user, password).await {
            Ok(checked) => {
                self.renew(database, checked.renewed).await;
                return Ok(());
            }
            Err(reason) => reason,
        };
        let session_ended = match reason.audited_as() {
            Some(reason) => self.count_wrong(database, reason, context()).await?,
            None => false,
        };
        Err(OwnPasswordError::Password { reason, session_ended })
    }

    /// Replaces the stored hash. If that fails, the next check tries again.
    async fn renew(&self, database: &Database, renewed: Option<RenewedHash>) {
        let Some(renewed) = renewed else { return };
        let id = self.user.id.clone();
        let stored =
            database.write(move |transaction| renewed.replace_stored_hash(transaction, &id));
        if let Err(error) = with_half_the_time(stored).await {
            tracing::warn!(%error, "a password hash could not be renewed");
        }
    }

    /// Counts a wrong password. `true` if it ended the session.
    async fn count_wrong(
        &self,
        database: &Database,
        reason: &'static str,
        context: RequestContext,
    ) -> Result<bool, DatabaseError> {
        let (user, session) = (&self.user.id, &self.session.id);
        let (user_id, session_id) = (user.clone(), session.clone());
        let keys = self.failure_keys.clone();
        let client_address = context.client.ip.map(tracing::field::display);
        let counted = audit::transaction(database, move |transaction| {
            let (user_id, account) = (&user_id, keys.as_slice());
            let wrong = WrongPassword { user_id, account, reason, context: &context };
            wrong_passwords::count(transaction, &session_id, wrong)
        });
        let ended = counted.await?;
        if ended {
            tracing::warn!(%user, %session, client_address, "too many wrong passwords: session ended");
        } else {
            tracing::info!(%user, %session, client_address, "wrong password inside a session");
        }
        Ok(ended)
    }
}
