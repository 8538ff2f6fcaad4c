//! How long a caller waits for the database: one budget for all the calls of an HTTP request.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// The longest that one call, or all calls of one HTTP request together, wait for the database.
pub const ANSWER_WITHIN: Duration = Duration::from_millis(2_500);

/// The longest that a call waits while a service starts or a command runs: a busy machine is no reason to give up.
pub const START_WITHIN: Duration = Duration::from_secs(30);

tokio::task_local! {
    static BUDGET: Budget;
}

#[derive(Clone, Debug)]
enum Budget {
    /// Microseconds that earlier calls of the same request have waited.
    Shared(Arc<AtomicU64>),
    /// Each call may wait this long.
    Each(Duration),
}

/// Runs a request: all its database calls together wait at most [`ANSWER_WITHIN`].
///
/// Only the waiting counts. A log-in that stood in the queue of the password hashes has spent nothing.
pub async fn share_budget<F: Future>(request: F) -> F::Output {
    BUDGET.scope(Budget::Shared(Arc::default()), request).await
}

/// Runs what a start or a command does: each database call waits up to [`START_WITHIN`].
pub async fn wait_patiently<F: Future>(work: F) -> F::Output {
    BUDGET.scope(Budget::Each(START_WITHIN), work).await
}

/// How long a database call that begins now may wait.
pub fn time_left() -> Duration {
    BUDGET.try_with(Budget::left).unwrap_or(ANSWER_WITHIN)
}

impl Budget {
    fn left(&self) -> Duration {
        match self {
            Self::Shared(spent) => {
                ANSWER_WITHIN.saturating_sub(Duration::from_micros(spent.load(Ordering::Relaxed)))
            }
            Self::Each(time) => *time,
        }
    }
}

/// When a caller leaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) until: Instant,
    /// Whether it is a start or a command: it waits also for a connection that is slow to be made.
    pub(super) patient: bool,
}

/// One call that waits for the database. Its time is taken from the request's budget when it is dropped.
#[derive(Debug)]
pub(super) struct Wait {
    began: Instant,
    /// How long it may last.
    pub(super) within: Duration,
    patient: bool,
    shared: Option<Arc<AtomicU64>>,
}

impl Wait {
    pub(super) fn begin() -> Self {
        let budget = BUDGET.try_with(Clone::clone).ok();
        let within = budget.as_ref().map_or(ANSWER_WITHIN, Budget::left);
        let patient = matches!(budget, Some(Budget::Each(_)));
        let shared = match budget {
            Some(Budget::Shared(spent)) => Some(spent),
            _ => None,
        };
        Self { began: Instant::now(), within, patient, shared }
    }

    /// The same for the thread that does the work.
    pub(super) fn limit(&self) -> Limit {
        Limit { until: self.began + self.within, patient: self.patient }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(spent) = &self.shared {
            let micros = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
            spent.fetch_add(micros, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_calls_of_one_request_share_its_budget_and_other_work_does_not() {
        share_budget(async {
            let wait = Wait::begin();
            assert_eq!(wait.within, ANSWER_WITHIN);
            std::thread::sleep(Duration::from_millis(30));
            drop(wait);
            let left = time_left();
            assert!(left <= ANSWER_WITHIN - Duration::from_millis(30), "{left:?}");
            assert!(Wait::begin().within <= left);
            share_budget(async { assert_eq!(time_left(), ANSWER_WITHIN) }).await;
        })
        .await;
        assert_eq!(time_left(), ANSWER_WITHIN);
    }

    #[tokio::test]
    async fn time_without_a_database_call_spends_nothing() {
        share_budget(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert_eq!(time_left(), ANSWER_WITHIN);
        })
        .await;
    }

    #[tokio::test]
    async fn a_start_gives_each_call_a_long_time() {
        wait_patiently(async {
            drop(Wait::begin());
            let wait = Wait::begin();
            assert!(wait.limit().patient && wait.within == START_WITHIN);
        })
        .await;
    }

    #[tokio::test]
    async fn a_budget_that_is_spent_leaves_no_time() {
        share_budget(async {
            let spent = BUDGET.with(|budget| match budget {
                Budget::Shared(spent) => Arc::clone(spent),
                Budget::Each(_) => unreachable!(),
            });
            spent.store(u64::MAX / 2, Ordering::Relaxed);
            assert_eq!(time_left(), Duration::ZERO);
        })
        .await;
    }
}
