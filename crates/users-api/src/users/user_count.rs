//! How many users there are: exact while they are few, at most ten seconds old when they are many.

use std::sync::{Arc, Mutex, PoisonError};

use database::{Database, DatabaseError};
use service_kit::{call_budget::time_left, clock::Clock};
use tokio::{runtime::Handle, sync::OwnedMutexGuard, task::spawn_blocking, time::timeout};
use tracing::{Instrument, Span, warn};

use crate::store;

/// Up to this many users, each request counts. The API promises exact totals up to 10,000; the margin covers users
/// deleted while a larger cached total is still served.
const ALWAYS_COUNT_UP_TO: i64 = 12_000;

/// The largest age of a cached total, in microseconds.
const MAX_AGE_MICROS: i64 = 10_000_000;

/// From this age on the total is counted again in the background, so that busy services never wait for it.
const REFRESH_AGE_MICROS: i64 = 5_000_000;

/// Counts users, and caches the total where counting is expensive. Clones share it.
#[derive(Clone, Debug)]
pub struct UserCount {
    database: Database,
    clock: Clock,
    cached: Arc<Mutex<Option<Counted>>>,
    /// Held while one task counts a total that is worth caching.
    count_lock: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone, Copy, Debug)]
struct Counted {
    total: i64,
    /// When the count began, in microseconds.
    started_at: i64,
}

/// How a request gets its total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    /// Few users: count them now.
    Count,
    /// Many users: wait for a count that is running, or start one.
    CountShared,
    /// The cached total is new enough.
    Use(i64),
    /// The cached total still counts; count again in the background.
    UseAndRefresh(i64),
}

impl UserCount {
    /// Counts nothing yet.
    pub fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock, cached: Arc::default(), count_lock: Arc::default() }
    }

    /// How many users there are.
    ///
    /// # Errors
    /// When they have to be counted and the database does not answer.
    pub async fn get(&self) -> Result<i64, DatabaseError> {
        match self.plan() {
            Plan::Use(total) => Ok(total),
            Plan::UseAndRefresh(total) => {
                if let Ok(lock) = Arc::clone(&self.count_lock).try_lock_owned() {
                    self.refresh_in_background(lock);
                }
                Ok(total)
            }
            Plan::Count => self.count().await,
            Plan::CountShared => {
                // Sharing a count must not make a caller wait longer than its own query could take.
                let late =
                    || DatabaseError::Unavailable("users are still being counted".to_owned());
                let counting = self.count_shared();
                timeout(time_left(), counting).await.unwrap_or_else(|_| Err(late()))
            }
        }
    }

    async fn count_shared(&self) -> Result<i64, DatabaseError> {
        let lock = Arc::clone(&self.count_lock).lock_owned().await;
        // The previous holder may have counted this total as well.
        match self.plan() {
            Plan::Use(total) | Plan::UseAndRefresh(total) => Ok(total),
            Plan::Count | Plan::CountShared => self.count_on_blocking_thread(lock).await,
        }
    }

    fn plan(&self) -> Plan {
        let last = *self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        plan(last, self.clock.micros())
    }

    async fn count(&self) -> Result<i64, DatabaseError> {
        let started_at = self.clock.micros();
        let total = self.database.read(store::users::count).await?;
        let mut last = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(Counted { total, started_at });
        Ok(total)
    }

    /// Counts on a blocking thread: SQLite's reads run on the calling thread, and counting millions would delay all
    /// other requests of a worker. The thread keeps the lock, and counts to the end even if its caller has left.
    async fn count_on_blocking_thread(
        &self,
        lock: OwnedMutexGuard<()>,
    ) -> Result<i64, DatabaseError> {
        let (totals, runtime) = (self.clone(), Handle::current());
        let span = Span::current();
        let counted = spawn_blocking(move || {
            let _turn = lock;
            runtime.block_on(totals.count().instrument(span))
        });
        counted.await.unwrap_or_else(|error| Err(DatabaseError::Internal(error.to_string())))
    }

    fn refresh_in_background(&self, lock: OwnedMutexGuard<()>) {
        let totals = self.clone();
        let refreshed = async move {
            if let Err(error) = totals.count_on_blocking_thread(lock).await {
                warn!(%error, "users could not be counted");
            }
        };
        tokio::spawn(refreshed.in_current_span());
    }
}

fn plan(last: Option<Counted>, now: i64) -> Plan {
    let Some(Counted { total, started_at }) = last else { return Plan::CountShared };
    if total <= ALWAYS_COUNT_UP_TO {
        return Plan::Count;
    }
    // A clock set back gives a negative age: then the real age is unknown, so count again.
    match now.saturating_sub(started_at) {
        0..REFRESH_AGE_MICROS => Plan::Use(total),
        REFRESH_AGE_MICROS..=MAX_AGE_MICROS => Plan::UseAndRefresh(total),
        _ => Plan::CountShared,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: i64 = 1_000_000;

    fn planned(total: i64, age: i64) -> Plan {
        plan(Some(Counted { total, started_at: 50_000_000 }), 50_000_000 + age)
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
        assert_eq!(planned(MANY, 10_000_001), Plan::CountShared);
        assert_eq!(planned(MANY, -1), Plan::CountShared);
        assert_eq!(plan(None, 0), Plan::CountShared);
    }
}
