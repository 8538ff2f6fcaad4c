//! Passwords that are asked for inside a session: one try at a time, and five wrong ones in a row end the session.
//!
//! Without the turns, 64 parallel guesses would all be judged before the first wrong one is written down.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use database::{Database, DatabaseError, wait_for};
use tokio::sync::OwnedMutexGuard;

use super::end;
use crate::store;

/// How many wrong passwords in a row end a session.
pub const MOST_WRONG: i64 = 5;

/// How long a try waits for those before it, if its request has so much time left.
const TURN_WITHIN: Duration = Duration::from_secs(2);

/// Notes a wrong password. `true` if it was the last one that the session had: then the session is over.
///
/// # Errors
/// When the database is away.
pub async fn note_wrong(
    database: &Database,
    session_id: String,
    now: i64,
) -> Result<bool, DatabaseError> {
    let ids = [session_id];
    database
        .write(move |connection| {
            let [id] = &ids;
            if !store::sessions::lock(connection, id)? {
                return Ok(false);
            }
            let wrong = store::wrong_passwords::add(connection, id)?;
            Ok(wrong >= MOST_WRONG && end::these(connection, &ids, now)? > 0)
        })
        .await
}

/// Notes a guess that cannot be told from an honest request, such as a new name that may be the password. It counts as
/// a wrong password, but never as the last one. `false` if only the last one is left: then it is not to be tried.
///
/// # Errors
/// When the database is away.
pub async fn note_possible_guess(
    database: &Database,
    session_id: String,
) -> Result<bool, DatabaseError> {
    database
        .write(move |connection| {
            let may = store::sessions::lock(connection, &session_id)?
                && store::wrong_passwords::count(connection, &session_id)? < MOST_WRONG - 1;
            if may {
                store::wrong_passwords::add(connection, &session_id)?;
            }
            Ok(may)
        })
        .await
}

/// Whose turn it is, for each session with a password being checked. Other processes have turns of their own.
#[derive(Clone, Debug, Default)]
pub struct Turns {
    sessions: Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>>,
}

/// The one try of a session that runs; dropped, the next one may.
#[derive(Debug)]
pub struct Turn {
    turns: Turns,
    session_id: String,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for the turn of a session. `None` if that takes too long.
    pub async fn take(&self, session_id: &str) -> Option<Turn> {
        let turn = {
            let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(sessions.entry(session_id.to_owned()).or_default())
        };
        // Made before the wait, so that who gives up cleans up as well.
        let mut taken = Turn { turns: self.clone(), session_id: session_id.to_owned(), held: None };
        taken.held = Some(wait_for(TURN_WITHIN, turn.lock_owned()).await?);
        Some(taken)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.held.take());
        let mut sessions = self.turns.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        // The map's own is the last one: nobody waits.
        if sessions.get(&self.session_id).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            sessions.remove(&self.session_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn tries_of_one_session_run_one_after_the_other_and_leave_nothing_behind() {
        let turns = Turns::default();
        let running = Arc::new(AtomicUsize::new(0));
        let tries = (0..50).map(|_| {
            let (turns, running) = (turns.clone(), Arc::clone(&running));
            tokio::spawn(async move {
                let _turn = turns.take("session").await.unwrap();
                assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                running.fetch_sub(1, Ordering::SeqCst);
            })
        });
        for one in tries.collect::<Vec<_>>() {
            one.await.unwrap();
        }
        assert!(turns.sessions.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_try_waits_two_seconds_for_its_own_session_and_not_for_another() {
        let turns = Turns::default();
        let first = turns.take("session").await.unwrap();
        let other = turns.take("other").await.unwrap();
        let began = tokio::time::Instant::now();
        assert!(turns.take("session").await.is_none());
        assert_eq!(began.elapsed(), TURN_WITHIN);
        drop(first);
        drop(turns.take("session").await.unwrap());
        drop(other);
        assert!(turns.sessions.lock().unwrap().is_empty());
    }
}
