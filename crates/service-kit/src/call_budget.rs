//! How long a request may wait: one budget for all its waits, in calls to the database and in queues.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::time;

/// The longest that one call, or all waits of one HTTP request together, may take.
pub const CALL_TIMEOUT: Duration = Duration::from_millis(2_500);

/// The longest that one call waits while a service starts or a command runs, also on a busy machine.
pub const START_TIMEOUT: Duration = Duration::from_secs(30);

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

/// Runs a request: all its waits together, for the database and in queues, take at most [`CALL_TIMEOUT`].
///
/// Only these count. Reading a body has its own time-out, and work that computes is never interrupted.
pub async fn share_budget<F: Future>(request: F) -> F::Output {
    BUDGET.scope(Budget::Shared(Arc::default()), request).await
}

/// Runs a start or a command: each call waits up to [`START_TIMEOUT`].
pub async fn with_start_timeout<F: Future>(work: F) -> F::Output {
    BUDGET.scope(Budget::Each(START_TIMEOUT), work).await
}

/// How long a wait that begins now may take.
pub fn time_left() -> Duration {
    BUDGET.try_with(Budget::left).unwrap_or(CALL_TIMEOUT)
}

/// Takes the time of a finished wait from the budget of its request.
pub fn spend(time: Duration) {
    // Outside of requests there is no budget.
    let _ = BUDGET.try_with(|budget| budget.spend(time));
}

/// Waits in a queue, for at most `longest` and not longer than the request may wait. `None` after that time.
pub async fn wait_for<F: Future>(longest: Duration, turn: F) -> Option<F::Output> {
    let began = Instant::now();
    let came = time::timeout(longest.min(time_left()), turn).await;
    spend(began.elapsed());
    came.ok()
}

/// Runs work that the request does not depend on: it may use half of the time that is left.
pub async fn with_half_the_time<F: Future>(work: F) -> F::Output {
    let before = micros(CALL_TIMEOUT.saturating_sub(time_left() / 2));
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
                CALL_TIMEOUT.saturating_sub(Duration::from_micros(spent.load(Ordering::Relaxed)))
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

/// When a caller stops waiting.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    /// The moment.
    pub at: Instant,
    /// Whether the caller is a start or a command: then it also waits for a slow connection.
    pub is_start: bool,
}

/// One call that waits. When it is dropped, its time is taken from the request's budget.
#[derive(Debug)]
pub struct Wait {
    began: Instant,
    /// How long the call may wait.
    pub timeout: Duration,
    is_start: bool,
    budget: Option<Budget>,
}

impl Wait {
    /// Begins a call, with what is left of the request's budget.
    pub fn begin() -> Self {
        let budget = BUDGET.try_with(Clone::clone).ok();
        let timeout = budget.as_ref().map_or(CALL_TIMEOUT, Budget::left);
        let is_start = matches!(budget, Some(Budget::Each(_)));
        Self { began: Instant::now(), timeout, is_start, budget }
    }

    /// Its end, for the thread that does the work.
    pub fn deadline(&self) -> Deadline {
        Deadline { at: self.began + self.timeout, is_start: self.is_start }
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
            assert_eq!(wait.timeout, CALL_TIMEOUT);
            std::thread::sleep(Duration::from_millis(30));
            drop(wait);
            let left = time_left();
            assert!(left <= CALL_TIMEOUT - Duration::from_millis(30), "{left:?}");
            assert!(Wait::begin().timeout <= left);
            share_budget(async { assert_eq!(time_left(), CALL_TIMEOUT) }).await;
        })
        .await;
        assert_eq!(time_left(), CALL_TIMEOUT);
    }

    #[tokio::test]
    async fn time_without_a_wait_spends_nothing() {
        share_budget(async {
            time::sleep(Duration::from_millis(20)).await;
            assert_eq!(time_left(), CALL_TIMEOUT);
        })
        .await;
    }

    #[tokio::test]
    async fn a_wait_for_a_turn_ends_with_the_budget_and_takes_its_time_from_it() {
        share_budget(async {
            let long = Duration::from_secs(60);
            let came = wait_for(long, time::sleep(Duration::from_millis(30))).await;
            assert!(came.is_some());
            assert!(time_left() <= CALL_TIMEOUT - Duration::from_millis(30));
            spend(time_left() - Duration::from_millis(40));
            let began = Instant::now();
            assert!(wait_for(long, std::future::pending::<()>()).await.is_none());
            assert!(began.elapsed() < long / 2);
            assert_eq!(time_left(), Duration::ZERO);
            // A future that is ready needs no time.
            assert_eq!(wait_for(long, std::future::ready(1)).await, Some(1));
        })
        .await;
    }

    #[tokio::test]
    async fn optional_work_leaves_its_request_half_of_the_time() {
        share_budget(async {
            spend(CALL_TIMEOUT - Duration::from_millis(800));
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
        with_start_timeout(async {
            drop(Wait::begin());
            let wait = Wait::begin();
            assert!(wait.deadline().is_start && wait.timeout == START_TIMEOUT);
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
