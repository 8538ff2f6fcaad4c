//! Password checks inside a session: one at a time, and five wrong passwords in a row end the session.
//!
//! Without the lock, parallel guesses would all be checked before the first wrong one is stored.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use database::AnyConnection;
use service_kit::{
    call_budget::wait_for,
    ids::{SessionId, UserId},
};
use tokio::sync::OwnedMutexGuard;

use super::revoke::revoke;
use crate::{
    audit::{Event, RequestContext},
    store::{self, DbResult, Transaction},
    throttle::KEPT,
};

/// How many wrong passwords in a row end a session.
pub const MAX_WRONG: i64 = 5;

/// How long a check waits for the lock, if its request has that much time left.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// A wrong password that was given inside a session.
#[derive(Clone, Copy, Debug)]
pub struct WrongPassword<'a> {
    /// The session's user.
    pub user_id: &'a UserId,
    /// The keys under which failures of the account are counted.
    pub account: &'a [String],
    /// Why it was not accepted, as the audit log has it.
    pub reason: &'static str,
    /// UserArguments gave it, and from where.
    pub context: &'a RequestContext,
}

/// Counts a wrong password, against the session and against the account. `true` if the limit was reached and the
/// session was ended.
///
/// # Errors
/// When the database is unavailable.
pub fn count_wrong(
    transaction: &mut Transaction<'_>,
    session_id: &SessionId,
    wrong: WrongPassword<'_>,
) -> DbResult<bool> {
    if !store::sessions::lock(transaction, session_id)? {
        return Ok(false);
    }
    let WrongPassword { user_id, account, reason, context } = wrong;
    let now = context.at.seconds();
    for key in account {
        store::login_failures::add(transaction, key, now, now + KEPT)?;
    }
    let refused = context.refused(Event::UserLoginFailed, reason).about_user(user_id);
    transaction.audit(refused.in_session(session_id))?;
    let count = store::wrong_passwords::add(transaction, session_id)?;
    let ended = context.done(Event::SessionEnded).because("wrong_passwords").about_user(user_id);
    Ok(count >= MAX_WRONG && revoke(transaction, session_id, now, &ended)?)
}

/// A right password ends the failures of the session and of the account.
///
/// # Errors
/// When the database is unavailable.
pub fn succeeded(
    transaction: &mut AnyConnection,
    session_id: &SessionId,
    account: &[String],
) -> DbResult<()> {
    store::wrong_passwords::clear(transaction, session_id)?;
    store::login_failures::clear(transaction, account)?;
    Ok(())
}

/// Counts a request that may be a guess of the password, such as a new user name, as a wrong password. Returns `false`,
/// and counts nothing, if one more wrong password would end the session: then the caller must not answer the guess.
///
/// # Errors
/// When the database is unavailable.
pub fn count_possible_guess(
    transaction: &mut AnyConnection,
    session_id: &SessionId,
) -> DbResult<bool> {
    let allowed = store::sessions::lock(transaction, session_id)?
        && store::wrong_passwords::count(transaction, session_id)? < MAX_WRONG - 1;
    if allowed {
        store::wrong_passwords::add(transaction, session_id)?;
    }
    Ok(allowed)
}

/// A lock for each session, so that only one password check runs in it at a time. It works within this process only.
#[derive(Clone, Debug, Default)]
pub struct SessionLocks {
    sessions: Arc<Mutex<HashMap<SessionId, Arc<tokio::sync::Mutex<()>>>>>,
}

/// The lock of one session. Dropping it lets the next check run.
#[derive(Debug)]
pub struct SessionLock {
    locks: SessionLocks,
    session_id: SessionId,
    held: Option<OwnedMutexGuard<()>>,
}

impl SessionLocks {
    /// Waits for the session's lock. `None` if that takes longer than two seconds.
    pub async fn take(&self, session_id: &SessionId) -> Option<SessionLock> {
        let lock = {
            let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(sessions.entry(session_id.clone()).or_default())
        };
        // Made before the wait, so that a check that times out also removes its entry.
        let mut taken =
            SessionLock { locks: self.clone(), session_id: session_id.clone(), held: None };
        taken.held = Some(wait_for(LOCK_TIMEOUT, lock.lock_owned()).await?);
        Some(taken)
    }
}

impl Drop for SessionLock {
    fn drop(&mut self) {
        drop(self.held.take());
        let mut sessions = self.locks.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        // Only the map refers to it: no other check holds the lock or waits for it.
        if sessions.get(&self.session_id).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            sessions.remove(&self.session_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::store::test_database::session_id;

    #[tokio::test]
    async fn attempts_in_one_session_run_one_after_the_other_and_leave_nothing_in_the_map() {
        let locks = SessionLocks::default();
        let running = Arc::new(AtomicUsize::new(0));
        let attempts = (0..50).map(|_| {
            let (locks, running) = (locks.clone(), Arc::clone(&running));
            tokio::spawn(async move {
                let _lock = locks.take(&session_id("session")).await.unwrap();
                assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                running.fetch_sub(1, Ordering::SeqCst);
            })
        });
        for one in attempts.collect::<Vec<_>>() {
            one.await.unwrap();
        }
        assert!(locks.sessions.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_waits_two_seconds_for_its_own_session_and_not_for_another() {
        let locks = SessionLocks::default();
        let first = locks.take(&session_id("session")).await.unwrap();
        let other = locks.take(&session_id("other")).await.unwrap();
        let began = tokio::time::Instant::now();
        assert!(locks.take(&session_id("session")).await.is_none());
        assert_eq!(began.elapsed(), LOCK_TIMEOUT);
        drop(first);
        drop(locks.take(&session_id("session")).await.unwrap());
        drop(other);
        assert!(locks.sessions.lock().unwrap().is_empty());
    }
}
