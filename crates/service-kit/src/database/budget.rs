//! How long a caller waits: one budget for all the waits of an HTTP request, for the database and for a turn.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::time::timeout;

/// The longest that one call, or all waits of one HTTP request together, may take.
pub const ANSWER_WITHIN: Duration = Duration::from_millis(2_500);

/// The longest that a call waits while a service starts or a command runs: a busy machine is no reason to give up.
pub const START_WITHIN: Duration = Duration::from_secs(30);

tokio::task_local! {
    static BUDGET: Budget;
}

#[derive(Clone, Debug)]
enum Budget {
    /// Microseconds that earlier waits of the same request took.
    Shared(Arc<AtomicU64>),
    /// Each call may wait this long.
    Each(Duration),
}

/// Runs a request: all its waits together take at most [`ANSWER_WITHIN`], for the database and for a turn.
///
/// Only these count. Reading a body has a time-out of its own, and computing a password hash is never cut short.
pub async fn share_budget<F: Future>(request: F) -> F::Output {
    BUDGET.scope(Budget::Shared(Arc::default()), request).await
}

/// Runs what a start or a command does: each database call waits up to [`START_WITHIN`].
pub async fn wait_patiently<F: Future>(work: F) -> F::Output {
    BUDGET.scope(Budget::Each(START_WITHIN), work).await
}

/// How long a wait that begins now may take.
pub fn time_left() -> Duration {
    BUDGET.try_with(Budget::left).unwrap_or(ANSWER_WITHIN)
}

/// Takes the time of a wait that is over from the budget of its request.
pub fn spend(time: Duration) {
    // Outside of requests there is no budget to take it from.
    let _ = BUDGET.try_with(|budget| budget.spend(time));
}

/// Waits for a turn: `longest` at most, and not longer than the request may wait. `None` when that was too short.
pub async fn wait_for<F: Future>(longest: Duration, turn: F) -> Option<F::Output> {
    let began = Instant::now();
    let came = timeout(longest.min(time_left()), turn).await;
    spend(began.elapsed());
    came.ok()
}

/// Runs what a request can do without: it gets half of the time that is left, and so leaves the other half.
pub async fn with_half_the_time<F: Future>(work: F) -> F::Output {
    let before = micros(ANSWER_WITHIN.saturating_sub(time_left() / 2));
    let spent = Arc::new(AtomicU64::new(before));
    let output = BUDGET.scope(Budget::Shared(Arc::clone(&spent)), work).await;
    spend(Duration::from_micros(spent.load(Ordering::Relaxed) - before));
    output
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
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

    fn spend(&self, time: Duration) {
        if let Self::Shared(spent) = self {
            spent.fetch_add(micros(time), Ordering::Relaxed);
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
    budget: Option<Budget>,
}

impl Wait {
    pub(super) fn begin() -> Self {
        let budget = BUDGET.try_with(Clone::clone).ok();
        let within = budget.as_ref().map_or(ANSWER_WITHIN, Budget::left);
        let patient = matches!(budget, Some(Budget::Each(_)));
        Self { began: Instant::now(), within, patient, budget }
    }

    /// The same for the thread that does the work.
    pub(super) fn limit(&self) -> Limit {
        Limit { until: self.began + self.within, patient: self.patient }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.spend(self.began.elapsed());
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
    async fn time_without_a_wait_spends_nothing() {
        share_budget(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert_eq!(time_left(), ANSWER_WITHIN);
        })
        .await;
    }

    #[tokio::test]
    async fn a_wait_for_a_turn_ends_with_the_budget_and_takes_its_time_from_it() {
        share_budget(async {
            let long = Duration::from_secs(60);
            let came = wait_for(long, tokio::time::sleep(Duration::from_millis(30))).await;
            assert!(came.is_some());
            assert!(time_left() <= ANSWER_WITHIN - Duration::from_millis(30));
            spend(time_left() - Duration::from_millis(40));
            let began = Instant::now();
            assert!(wait_for(long, std::future::pending::<()>()).await.is_none());
            assert!(began.elapsed() < long / 2);
            assert_eq!(time_left(), Duration::ZERO);
            // What is there already needs no time.
            assert_eq!(wait_for(long, std::future::ready(1)).await, Some(1));
        })
        .await;
    }

    #[tokio::test]
    async fn what_a_request_can_do_without_leaves_it_half_of_its_time() {
        share_budget(async {
            spend(ANSWER_WITHIN - Duration::from_millis(800));
            with_half_the_time(async {
                assert_eq!(time_left(), Duration::from_millis(400));
                spend(Duration::from_millis(300));
            })
            .await;
            assert_eq!(time_left(), Duration::from_millis(500));
            with_half_the_time(std::future::ready(())).await;
            assert_eq!(time_left(), Duration::from_millis(500));
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
