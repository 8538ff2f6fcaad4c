//! The bounded queue from requests to worker threads.

use std::fmt;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::{sync::oneshot, time::timeout};

use service_kit::call_budget::Wait;

use super::DatabaseError;

/// How many jobs may wait. When the queue is full, calls fail at once instead of waiting for a hung database.
pub(crate) const CAPACITY: usize = 1_024;

/// Jobs that wait for a thread. When this is dropped, the threads end.
pub(crate) struct Queue<J> {
    jobs: Sender<J>,
}

impl<J> Queue<J> {
    pub(crate) fn new() -> (Self, Receiver<J>) {
        let (jobs, receiver) = bounded(CAPACITY);
        (Self { jobs }, receiver)
    }

    /// Submits a job and waits for its answer, at most as long as `wait` allows, even if the thread is stuck.
    pub(crate) async fn call<T>(
        &self,
        wait: &Wait,
        job: J,
        answer: oneshot::Receiver<Result<T, DatabaseError>>,
    ) -> Result<T, DatabaseError> {
        if wait.timeout.is_zero() {
            return Err(unavailable("earlier waits of this request took all of its time"));
        }
        self.submit(job)?;
        match timeout(wait.timeout, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(unavailable("the database threads have ended")),
            Err(_) => Err(unavailable("no answer in time")),
        }
    }

    /// Adds a job to the queue; fails at once if it is full.
    pub(crate) fn submit(&self, job: J) -> Result<(), DatabaseError> {
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => unavailable("too many calls are waiting"),
            TrySendError::Disconnected(_) => unavailable("the database threads have ended"),
        })
    }

    /// Jobs that wait for a thread.
    pub(crate) fn waiting(&self) -> usize {
        self.jobs.len()
    }
}

/// By hand, since jobs have no `Debug`.
impl<J> fmt::Debug for Queue<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("waiting", &self.waiting()).finish()
    }
}

fn unavailable(text: &str) -> DatabaseError {
    DatabaseError::Unavailable(text.to_owned())
}
