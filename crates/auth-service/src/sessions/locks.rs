//! Locks that let password checks inside one session run one after the other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use service_kit::{call_budget::wait_for, ids::SessionId};
use tokio::sync::OwnedMutexGuard;

/// How long a check waits for the lock, if its request has that much time left.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

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
    guard: Option<OwnedMutexGuard<()>>,
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
            SessionLock { locks: self.clone(), session_id: session_id.clone(), guard: None };
        taken.guard = Some(wait_for(LOCK_TIMEOUT, lock.lock_owned()).await?);
        Some(taken)
    }
}

impl Drop for SessionLock {
    fn drop(&mut self) {
        drop(self.guard.take());
        let mut sessions = self.locks.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        // If only the map refers to the lock, no other check holds it or waits for it.
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
