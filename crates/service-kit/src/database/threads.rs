//! Threads for work that waits: on a database behind a network, that is all of it.
//!
//! As many as there are connections, and each takes the next call itself: no other thread is woken for that.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use crossbeam_channel::Receiver;
use tokio::sync::oneshot;
use tracing::Span;

use super::{DatabaseError, budget::Wait, queue::Queue};

type Job = Box<dyn FnOnce() + Send>;

/// Hands calls to the threads. They end when this is dropped.
#[derive(Debug)]
pub(super) struct Threads {
    queue: Queue<Job>,
}

impl Threads {
    pub(super) fn start(number: u32) -> Result<Self, DatabaseError> {
        let (queue, jobs) = Queue::new();
        for number in 0..number.max(1) {
            let jobs: Receiver<Job> = jobs.clone();
            thread::Builder::new()
                .name(format!("database-{number}"))
                .spawn(move || jobs.iter().for_each(|job| job()))
                .map_err(|error| DatabaseError::Fault(format!("database thread: {error}")))?;
        }
        Ok(Self { queue })
    }

    /// Runs `work` on the next thread that is free.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        wait: &Wait,
        work: impl FnOnce() -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (sender, receiver) = oneshot::channel();
        let span = Span::current();
        let job: Job = Box::new(move || {
            // What comes to its turn after its caller has left is not begun.
            if sender.is_closed() {
                return;
            }
            // A panic costs its own caller an answer, and nobody else the thread.
            let ran = span.in_scope(|| catch_unwind(AssertUnwindSafe(work)));
            let panicked = |_| Err(DatabaseError::Fault("the work panicked".to_owned()));
            // The caller may have left meanwhile.
            let _ = sender.send(ran.unwrap_or_else(panicked));
        });
        self.queue.ask(wait, job, receiver).await
    }

    /// Calls that wait for a thread.
    pub(super) fn waiting(&self) -> usize {
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

    use super::{DatabaseError, Job, Threads, Wait};
    use crate::database::queue::LENGTH;

    /// One thread that is held until something is sent.
    fn held() -> (Arc<Threads>, mpsc::Sender<()>) {
        let threads = Arc::new(Threads::start(1).unwrap());
        let ((go, wait), (begin, begun)) = (mpsc::channel(), mpsc::channel());
        let hold: Job = Box::new(move || {
            begin.send(()).unwrap();
            wait.recv().unwrap();
        });
        threads.queue.put(hold).unwrap();
        begun.recv().unwrap();
        (threads, go)
    }

    #[tokio::test]
    async fn work_that_panics_costs_its_caller_an_answer_and_nobody_the_thread() {
        let threads = Threads::start(1).unwrap();
        for _ in 0..3 {
            let panicked =
                threads.run(&Wait::begin(), || -> Result<(), _> { panic!("in the middle") }).await;
            assert!(matches!(panicked, Err(DatabaseError::Fault(_))), "{panicked:?}");
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
    async fn who_waits_too_long_or_behind_too_many_hears_that_the_database_is_away() {
        let (threads, go) = held();
        let late = threads.run(&Wait::begin(), || Ok(())).await;
        assert!(matches!(late, Err(DatabaseError::Unavailable(_))), "{late:?}");
        while threads.waiting() < LENGTH {
            threads.queue.put(Box::new(|| ())).unwrap();
        }
        let began = tokio::time::Instant::now();
        let refused = threads.run(&Wait::begin(), || Ok(())).await;
        assert!(matches!(refused, Err(DatabaseError::Unavailable(_))), "{refused:?}");
        assert_eq!(began.elapsed(), Duration::ZERO);
        go.send(()).unwrap();
    }
}
