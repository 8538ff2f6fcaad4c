//! The way from a request to a thread that may wait, and back.

use std::fmt;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::{sync::oneshot, time::timeout};

use super::{DatabaseError, budget::Wait};

/// How many jobs may wait. Of a database that hangs, more would only hear later that it does.
pub(super) const LENGTH: usize = 1_024;

/// Where jobs wait for a thread. The receiving end ends when this is dropped.
pub(super) struct Queue<J> {
    jobs: Sender<J>,
}

impl<J> Queue<J> {
    pub(super) fn new() -> (Self, Receiver<J>) {
        let (jobs, taken) = bounded(LENGTH);
        (Self { jobs }, taken)
    }

    /// Puts a job at the end and waits for what it answers. The caller is let go in time, whatever the thread is
    /// stuck in.
    pub(super) async fn ask<T>(
        &self,
        wait: &Wait,
        job: J,
        answer: oneshot::Receiver<Result<T, DatabaseError>>,
    ) -> Result<T, DatabaseError> {
        if wait.within.is_zero() {
            return Err(unavailable("earlier waits of this request took all of its time"));
        }
        self.put(job)?;
        match timeout(wait.within, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(unavailable("the database threads have ended")),
            Err(_) => Err(unavailable("no answer in time")),
        }
    }

    /// Puts a job at the end.
    pub(super) fn put(&self, job: J) -> Result<(), DatabaseError> {
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => unavailable("too many calls are waiting"),
            TrySendError::Disconnected(_) => unavailable("the database threads have ended"),
        })
    }

    /// Jobs that wait for a thread.
    pub(super) fn waiting(&self) -> usize {
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
