//! The queue between callers and threads.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::{class_queues::ClassQueues, places::Party};

/// A blocking queue from which the threads take items, fairly between requesters.
#[derive(Debug)]
pub(super) struct Queue<T> {
    inner: Mutex<Inner<T>>,
    /// Wakes one waiting thread.
    filled: Condvar,
}

#[derive(Debug)]
struct Inner<T> {
    queues: ClassQueues<T>,
    /// Number of waiting threads. If it is zero, no thread has to be woken.
    idle: usize,
    closed: bool,
}

impl<T> Queue<T> {
    /// An empty queue with `capacity` slots for anonymous requests, and as many for sessions.
    pub(super) fn new(capacity: usize) -> Self {
        let inner = Inner { queues: ClassQueues::new(capacity), idle: 0, closed: false };
        Self { inner: Mutex::new(inner), filled: Condvar::new() }
    }

    /// As [`ClassQueues::push`].
    #[must_use]
    pub(super) fn push(&self, party: Party, item: T) -> Option<T> {
        let mut inner = self.lock();
        let evicted = inner.queues.push(party, item);
        let wakes = inner.idle > 0;
        drop(inner);
        if wakes {
            self.filled.notify_one();
        }
        evicted
    }

    /// Waits for the next item; `None` once the queue is closed and empty.
    pub(super) fn next(&self) -> Option<T> {
        let mut inner = self.lock();
        loop {
            if let Some(item) = inner.queues.pop() {
                return Some(item);
            }
            if inner.closed {
                return None;
            }
            inner.idle += 1;
            inner = self.filled.wait(inner).unwrap_or_else(PoisonError::into_inner);
            inner.idle -= 1;
        }
    }

    /// Closes the queue: the threads end when it is empty.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// Number of items that wait.
    pub(super) fn len(&self) -> usize {
        self.lock().queues.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
