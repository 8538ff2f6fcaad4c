//! WorkerPool for work that waits: on a database behind a network, that is all of it.
//!
//! As many as there are connections, and each takes the next call itself: no other thread is woken for that.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use crossbeam_channel::Receiver;
use tokio::sync::oneshot;
use tracing::Span;

use service_kit::call_budget::Wait;

use super::{DatabaseError, queue::Queue};

type Job = Box<dyn FnOnce() + Send>;

/// Runs calls on its workers. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct WorkerPool {
    queue: Queue<Job>,
}

impl WorkerPool {
    pub(crate) fn start(number: u32) -> Result<Self, DatabaseError> {
        let (queue, jobs) = Queue::new();
        for number in 0..number.max(1) {
            let jobs: Receiver<Job> = jobs.clone();
            thread::Builder::new()
                .name(format!("database-{number}"))
                .spawn(move || jobs.iter().for_each(|job| job()))
                .map_err(|error| DatabaseError::Internal(format!("database thread: {error}")))?;
        }
        Ok(Self { queue })
    }

    /// Runs `work` on the next thread that is free.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        wait: &Wait,
        work: impl FnOnce() -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (sender, receiver) = oneshot::channel();
        let span = Span::current();
        let job: Job = Box::new(move || {
            // The caller has left: do not begin.
            if sender.is_closed() {
                return;
            }
            // A panic must not end the thread: only its own caller gets an error.
            let ran = span.in_scope(|| catch_unwind(AssertUnwindSafe(work)));
            let panicked = |_| Err(DatabaseError::Internal("the work panicked".to_owned()));
            // The caller may have left meanwhile.
            let _ = sender.send(ran.unwrap_or_else(panicked));
        });
        self.queue.call(wait, job, receiver).await
    }

    /// Calls that wait for a thread.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.waiting()
    }
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

    use super::{DatabaseError, Job, Wait, WorkerPool};
    use crate::queue::CAPACITY;

    /// One thread that is held until something is sent.
    fn held() -> (Arc<WorkerPool>, mpsc::Sender<()>) {
        let workers = Arc::new(WorkerPool::start(1).unwrap());
        let ((go, wait), (begin, begun)) = (mpsc::channel(), mpsc::channel());
        let hold: Job = Box::new(move || {
            begin.send(()).unwrap();
            wait.recv().unwrap();
        });
        workers.queue.submit(hold).unwrap();
        begun.recv().unwrap();
        (workers, go)
    }

    #[tokio::test]
    async fn work_that_panics_gives_its_caller_an_error_and_does_not_end_the_thread() {
        let workers = WorkerPool::start(1).unwrap();
        for _ in 0..3 {
            let panicked =
                workers.run(&Wait::begin(), || -> Result<(), _> { panic!("in the middle") }).await;
            assert!(matches!(panicked, Err(DatabaseError::Internal(_))), "{panicked:?}");
            assert_eq!(workers.run(&Wait::begin(), || Ok(1)).await.unwrap(), 1);
        }
    }

    #[tokio::test]
    async fn a_call_whose_caller_has_left_is_not_begun() {
        let (workers, go) = held();
        let begun = Arc::new(AtomicBool::new(false));
        let (calls, note) = (Arc::clone(&workers), Arc::clone(&begun));
        let leaves = tokio::spawn(async move {
            let work = move || {
                note.store(true, Ordering::Relaxed);
                Ok(())
            };
            calls.run(&Wait::begin(), work).await
        });
        while workers.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        leaves.abort();
        assert!(leaves.await.unwrap_err().is_cancelled());
        go.send(()).unwrap();
        workers.run(&Wait::begin(), || Ok(())).await.unwrap();
        assert!(!begun.load(Ordering::Relaxed));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_waits_too_long_or_finds_the_queue_full_gets_unavailable() {
        let (workers, go) = held();
        let late = workers.run(&Wait::begin(), || Ok(())).await;
        assert!(matches!(late, Err(DatabaseError::Unavailable(_))), "{late:?}");
        while workers.waiting() < CAPACITY {
            workers.queue.submit(Box::new(|| ())).unwrap();
        }
        let began = tokio::time::Instant::now();
        let refused = workers.run(&Wait::begin(), || Ok(())).await;
        assert!(matches!(refused, Err(DatabaseError::Unavailable(_))), "{refused:?}");
        assert_eq!(began.elapsed(), Duration::ZERO);
        go.send(()).unwrap();
    }
}
