//! The queue between callers and threads.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::{lanes::Lanes, places::Party};

/// Items that threads take, fairly between parties.
#[derive(Debug)]
pub(super) struct Queue<T> {
    inner: Mutex<Inner<T>>,
    /// Wakes one thread that waits.
    filled: Condvar,
}

#[derive(Debug)]
struct Inner<T> {
    lanes: Lanes<T>,
    /// Threads that wait: where there are none, nothing has to be woken.
    idle: usize,
    closed: bool,
}

impl<T> Queue<T> {
    /// An empty one with so many places for strangers, and as many for sessions.
    pub(super) fn new(capacity: usize) -> Self {
        let inner = Inner { lanes: Lanes::new(capacity), idle: 0, closed: false };
        Self { inner: Mutex::new(inner), filled: Condvar::new() }
    }

    /// As [`Lanes::push`].
    #[must_use]
    pub(super) fn push(&self, party: Party, item: T) -> Option<T> {
        let mut inner = self.lock();
        let loser = inner.lanes.push(party, item);
        let wakes = inner.idle > 0;
        drop(inner);
        if wakes {
            self.filled.notify_one();
        }
        loser
    }

    /// Waits for the item whose turn it is; `None` once the queue is closed and empty.
    pub(super) fn next(&self) -> Option<T> {
        let mut inner = self.lock();
        loop {
            if let Some(item) = inner.lanes.pop() {
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

    /// Lets the threads end when nothing waits any more.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// Items that wait.
    pub(super) fn len(&self) -> usize {
        self.lock().lanes.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
