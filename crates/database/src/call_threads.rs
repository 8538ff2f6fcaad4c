//! Threads that run calls to PostgreSQL, because such a call blocks its thread until the server answers.

use crossbeam_channel::Receiver;
use service_kit::{
    call_budget::Wait,
    worker_pool::{BoundedQueue, Submit, Worker, WorkerPool, bounded},
};
use tokio::{sync::oneshot, time::timeout};
use tracing::Span;

use super::DatabaseError;

/// How many calls may wait for a thread. When the queue is full, calls fail at once instead of waiting for a hung
/// database.
pub(crate) const CAPACITY: usize = 1_024;

type Job = Box<dyn FnOnce() + Send>;

/// Runs calls on its threads.
#[derive(Debug)]
pub(crate) struct CallThreads {
    pool: WorkerPool<BoundedQueue<Job>>,
}

struct RunCalls;

impl Worker for RunCalls {
    type Jobs = Receiver<Job>;

    fn run(&mut self, job: Job, _: &Self::Jobs) {
        job();
    }
}

impl CallThreads {
    /// Starts as many threads as there are connections.
    pub(crate) fn start(number: u32) -> Result<Self, DatabaseError> {
        let (queue, jobs) = bounded(CAPACITY);
        let workers = (0..number.max(1)).map(|_| RunCalls);
        let pool = WorkerPool::start("database", queue, &jobs, workers)
            .map_err(|error| DatabaseError::Internal(format!("database thread: {error}")))?;
        Ok(Self { pool })
    }

    /// Runs `work` on the next thread that is free.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        wait: &Wait,
        work: impl FnOnce() -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (sender, answer) = oneshot::channel();
        let span = Span::current();
        let job: Job = Box::new(move || {
            // The caller has left: do not begin.
            if sender.is_closed() {
                return;
            }
            let result = span.in_scope(work);
            // The caller may have left meanwhile.
            let _ = sender.send(result);
        });
        call(&self.pool, wait, job, answer).await
    }

    /// Calls that wait for a thread.
    pub(crate) fn waiting(&self) -> usize {
        self.pool.waiting()
    }
}

/// Submits a job and waits for its answer, at most as long as `wait` allows, even if the thread is stuck.
pub(crate) async fn call<Q: Submit, T>(
    pool: &WorkerPool<Q>,
    wait: &Wait,
    job: Q::Job,
    answer: oneshot::Receiver<Result<T, DatabaseError>>,
) -> Result<T, DatabaseError> {
    if wait.timeout.is_zero() {
        return Err(unavailable("earlier waits of this request took all of its time"));
    }
    pool.submit(job).map_err(|_| unavailable("too many calls are waiting"))?;
    match timeout(wait.timeout, answer).await {
        Ok(Ok(result)) => result,
        // The threads live as long as the pool, so a job that never answers has panicked.
        Ok(Err(_)) => Err(work_panicked()),
        Err(_) => Err(unavailable("no answer in time")),
    }
}

/// The error of the caller whose work panicked: 500, because trying again would not help.
pub(crate) fn work_panicked() -> DatabaseError {
    DatabaseError::Internal("the work panicked".to_owned())
}

fn unavailable(text: &str) -> DatabaseError {
    DatabaseError::Unavailable(text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
            mpsc,
        },
        time::Duration,
    };

    use super::*;

    /// One thread that is held until something is sent.
    fn held() -> (Arc<CallThreads>, mpsc::Sender<()>) {
        let threads = Arc::new(CallThreads::start(1).unwrap());
        let ((go, wait), (begin, begun)) = (mpsc::channel(), mpsc::channel());
        let hold: Job = Box::new(move || {
            begin.send(()).unwrap();
            wait.recv().unwrap();
        });
        assert!(threads.pool.submit(hold).is_ok());
        begun.recv().unwrap();
        (threads, go)
    }

    #[tokio::test]
    async fn work_that_panics_gives_its_caller_an_error_and_does_not_end_the_thread() {
        let threads = CallThreads::start(1).unwrap();
        for _ in 0..3 {
            let panicked =
                threads.run(&Wait::begin(), || -> Result<(), _> { panic!("in the middle") }).await;
            assert!(matches!(panicked, Err(DatabaseError::Internal(_))), "{panicked:?}");
            assert_eq!(threads.run(&Wait::begin(), || Ok(1)).await.unwrap(), 1);
        }
    }

    #[tokio::test]
    async fn a_call_whose_caller_has_left_is_not_begun() {
        let (threads, go) = held();
        let begun = Arc::new(AtomicBool::new(false));
        let (calls, note) = (Arc::clone(&threads), Arc::clone(&begun));
        let leaves = tokio::spawn(async move {
            let work = move || {
                note.store(true, Ordering::Relaxed);
                Ok(())
            };
            calls.run(&Wait::begin(), work).await
        });
        while threads.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        leaves.abort();
        assert!(leaves.await.unwrap_err().is_cancelled());
        go.send(()).unwrap();
        threads.run(&Wait::begin(), || Ok(())).await.unwrap();
        assert!(!begun.load(Ordering::Relaxed));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_waits_too_long_or_finds_the_queue_full_gets_unavailable() {
        let (threads, go) = held();
        let late = threads.run(&Wait::begin(), || Ok(())).await;
        assert!(matches!(late, Err(DatabaseError::Unavailable(_))), "{late:?}");
        while threads.waiting() < CAPACITY {
            assert!(threads.pool.submit(Box::new(|| ())).is_ok());
        }
        let began = tokio::time::Instant::now();
        let rejected = threads.run(&Wait::begin(), || Ok(())).await;
        assert!(matches!(rejected, Err(DatabaseError::Unavailable(_))), "{rejected:?}");
        assert_eq!(began.elapsed(), Duration::ZERO);
        go.send(()).unwrap();
    }
}
