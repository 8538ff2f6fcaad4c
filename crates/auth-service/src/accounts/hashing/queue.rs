//! The queue between callers and threads.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use service_kit::worker_pool::{Jobs, Submit};

use super::{class_queues::ClassQueues, job::Job};

/// The sending end of the queue. Dropping it closes the queue.
#[derive(Debug)]
pub(super) struct JobSender(Arc<Queue>);

/// The receiving end of the queue, for the threads.
#[derive(Clone, Debug)]
pub(super) struct JobReceiver(Arc<Queue>);

/// A blocking queue from which the threads take jobs, fairly between requesters.
#[derive(Debug)]
struct Queue {
    inner: Mutex<Inner>,
    /// Wakes one waiting thread.
    filled: Condvar,
}

#[derive(Debug)]
struct Inner {
    queues: ClassQueues<Job>,
    /// Number of waiting threads. If it is zero, no thread needs to be woken.
    idle: usize,
    closed: bool,
}

/// Makes an empty queue with `capacity` slots for anonymous requests, and as many for sessions.
pub(super) fn fair_queue(capacity: usize) -> (JobSender, JobReceiver) {
    let inner = Inner { queues: ClassQueues::new(capacity), idle: 0, closed: false };
    let queue = Arc::new(Queue { inner: Mutex::new(inner), filled: Condvar::new() });
    (JobSender(Arc::clone(&queue)), JobReceiver(queue))
}

impl Submit for JobSender {
    type Job = Job;

    /// As [`ClassQueues::push`].
    fn submit(&self, job: Job) -> Result<(), Job> {
        let mut inner = self.0.lock();
        let evicted = inner.queues.push(job.requester(), job);
        let wakes = inner.idle > 0;
        drop(inner);
        if wakes {
            self.0.filled.notify_one();
        }
        evicted.map_or(Ok(()), Err)
    }

    fn waiting(&self) -> usize {
        self.0.lock().queues.len()
    }
}

impl Drop for JobSender {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.filled.notify_all();
    }
}

impl Jobs for JobReceiver {
    type Job = Job;

    fn try_next(&self) -> Option<Job> {
        self.0.lock().queues.pop()
    }

    /// Waits for the job whose turn it is.
    fn next(&self) -> Option<Job> {
        let mut inner = self.0.lock();
        loop {
            if let Some(job) = inner.queues.pop() {
                return Some(job);
            }
            if inner.closed {
                return None;
            }
            inner.idle += 1;
            inner = self.0.filled.wait(inner).unwrap_or_else(PoisonError::into_inner);
            inner.idle -= 1;
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
