//! How many users there are: exact while they are few, at most ten seconds old when they are many.

use std::sync::{Arc, Mutex, PoisonError};

use database::{Database, DatabaseError, time_left};
use service_kit::clock::Clock;
use tokio::{runtime::Handle, sync::OwnedMutexGuard, task::spawn_blocking, time::timeout};
use tracing::{Instrument, Span, warn};

use crate::store;

/// Up to here each request counts for itself. The promise is 10,000; the rest is room for users to be
/// deleted while a number from above is still remembered.
const COUNTED_EACH_TIME: i64 = 12_000;

/// How old a remembered number may be, in microseconds.
const MAX_AGE: i64 = 10_000_000;

/// From this age on it is counted again in the background, so that busy services never wait for it.
const REFRESH_AGE: i64 = 5_000_000;

/// Counts users, and remembers the number where counting is dear. Clones share it.
#[derive(Clone, Debug)]
pub struct Totals {
    database: Database,
    clock: Clock,
    last: Arc<Mutex<Option<Counted>>>,
    /// Held while one task counts a total that is worth caching.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone, Copy, Debug)]
struct Counted {
    total: i64,
    /// When the counting began, in microseconds.
    at: i64,
}

/// What to do about a number that is asked for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    Count,
    CountOnceForAll,
    Use(i64),
    UseAndRefresh(i64),
}

impl Totals {
    /// Nothing is counted before somebody asks.
    pub fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock, last: Arc::default(), turn: Arc::default() }
    }

    /// How many users there are.
    ///
    /// # Errors
    /// When they have to be counted and the database does not answer.
    pub async fn get(&self) -> Result<i64, DatabaseError> {
        match self.plan() {
            Plan::Use(total) => Ok(total),
            Plan::UseAndRefresh(total) => {
                if let Ok(turn) = Arc::clone(&self.turn).try_lock_owned() {
                    self.refresh_aside(turn);
                }
                Ok(total)
            }
            Plan::Count => self.count().await,
            Plan::CountOnceForAll => {
                // However many wait for the same number, none waits longer than for a query of its own.
                let late =
                    || DatabaseError::Unavailable("users are still being counted".to_owned());
                let counting = self.count_once_for_all();
                timeout(time_left(), counting).await.unwrap_or_else(|_| Err(late()))
            }
        }
    }

    async fn count_once_for_all(&self) -> Result<i64, DatabaseError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        // The previous holder may have counted this total as well.
        match self.plan() {
            Plan::Use(total) | Plan::UseAndRefresh(total) => Ok(total),
            Plan::Count | Plan::CountOnceForAll => self.count_aside(turn).await,
        }
    }

    fn plan(&self) -> Plan {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        plan(last, self.clock.micros())
    }

    async fn count(&self) -> Result<i64, DatabaseError> {
        let at = self.clock.micros();
        let total = self.database.read(store::users::count).await?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(Counted { total, at });
        Ok(total)
    }

    /// Counts on a thread that may wait: SQLite's reads run where they are asked for, and counting
    /// millions would hold up all other requests of a worker. The thread keeps the turn, and counts to the
    /// end even if its caller has left.
    async fn count_aside(&self, turn: OwnedMutexGuard<()>) -> Result<i64, DatabaseError> {
        let (totals, runtime) = (self.clone(), Handle::current());
        let span = Span::current();
        let counted = spawn_blocking(move || {
            let _turn = turn;
            runtime.block_on(totals.count().instrument(span))
        });
        counted.await.unwrap_or_else(|error| Err(DatabaseError::Internal(error.to_string())))
    }

    fn refresh_aside(&self, turn: OwnedMutexGuard<()>) {
        let totals = self.clone();
        let refreshed = async move {
            if let Err(error) = totals.count_aside(turn).await {
                warn!(%error, "users could not be counted");
            }
        };
        tokio::spawn(refreshed.in_current_span());
    }
}

fn plan(last: Option<Counted>, now: i64) -> Plan {
    let Some(Counted { total, at }) = last else { return Plan::CountOnceForAll };
    if total <= COUNTED_EACH_TIME {
        return Plan::Count;
    }
    // A clock that was set back makes an age negative: who knows how old it is then.
    match now.saturating_sub(at) {
        0..REFRESH_AGE => Plan::Use(total),
        REFRESH_AGE..=MAX_AGE => Plan::UseAndRefresh(total),
        _ => Plan::CountOnceForAll,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: i64 = 1_000_000;

    fn planned(total: i64, age: i64) -> Plan {
        plan(Some(Counted { total, at: 50_000_000 }), 50_000_000 + age)
    }

    #[test]
    fn few_users_are_counted_each_time() {
        assert_eq!(planned(0, 0), Plan::Count);
        assert_eq!(planned(10_000, 0), Plan::Count);
    }

    #[test]
    fn a_remembered_number_is_refreshed_before_it_is_too_old() {
        assert_eq!(planned(MANY, 0), Plan::Use(MANY));
        assert_eq!(planned(MANY, 6_000_000), Plan::UseAndRefresh(MANY));
        assert_eq!(planned(MANY, 10_000_000), Plan::UseAndRefresh(MANY));
    }

    #[test]
    fn a_number_older_than_ten_seconds_or_from_the_future_is_never_used() {
        assert_eq!(planned(MANY, 10_000_001), Plan::CountOnceForAll);
        assert_eq!(planned(MANY, -1), Plan::CountOnceForAll);
        assert_eq!(plan(None, 0), Plan::CountOnceForAll);
    }
}
