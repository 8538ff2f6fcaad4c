//! How many tries at one account run at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use database::wait_for;
use tokio::sync::oneshot;

use super::{HashingError, LONGEST_WAIT, Overload, Place, fair_queue::FairQueue, places::Party};
use crate::throttle::AccountKey;

/// The tries at each account: some run, some wait, in turn by party, so that a flood of guesses at one account
/// from one address does not keep its owner waiting.
#[derive(Debug)]
pub(super) struct Attempts {
    accounts: Mutex<HashMap<AccountKey, Account>>,
    most_waiting: usize,
}

#[derive(Debug)]
struct Account {
    running: usize,
    /// What is sent is the place among those that run.
    waiting: FairQueue<Party, oneshot::Sender<Running>>,
}

/// One of the tries at an account that run. Dropping it lets the next one run.
#[derive(Debug)]
struct Running {
    account: AccountKey,
    /// `None` once its right to run went to another.
    attempts: Option<Arc<Attempts>>,
}

/// A try at an account's password: a place in the queue, and one of the few tries that its account has at once.
/// A clone keeps both.
#[derive(Clone, Debug)]
pub struct Attempt(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    place: Place,
    running: Running,
}

impl Attempt {
    /// The place it has in the queue.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    pub(super) fn account(&self) -> AccountKey {
        self.0.running.account
    }
}

impl Attempts {
    /// At most `most_waiting` tries wait at one account.
    pub(super) fn new(most_waiting: usize) -> Arc<Self> {
        Arc::new(Self { accounts: Mutex::default(), most_waiting })
    }

    /// Begins a try: at once while fewer than `limit` run (one runs always), or when another ends within
    /// [`LONGEST_WAIT`].
    pub(super) async fn begin(
        self: &Arc<Self>,
        place: Place,
        account: AccountKey,
        limit: usize,
    ) -> Result<Attempt, HashingError> {
        let running = match self.enter(&place, account, limit) {
            Ok(running) => running,
            Err(turn) => match wait_for(LONGEST_WAIT, turn).await {
                Some(Ok(running)) => running,
                // The queue was full of others, or nothing ended in time.
                Some(Err(_)) | None => {
                    return Err(HashingError::Overloaded(Overload::AccountBusy));
                }
            },
        };
        Ok(Attempt(Arc::new(Parts { place, running })))
    }

    fn enter(
        self: &Arc<Self>,
        place: &Place,
        account: AccountKey,
        limit: usize,
    ) -> Result<Running, oneshot::Receiver<Running>> {
        let mut accounts = self.lock();
        let entry = accounts
            .entry(account)
            .or_insert_with(|| Account { running: 0, waiting: FairQueue::new(self.most_waiting) });
        if entry.running < limit.max(1) {
            entry.running += 1;
            return Ok(Running { account, attempts: Some(Arc::clone(self)) });
        }
        let (sender, turn) = oneshot::channel();
        // Its receiver hears of it when it is dropped.
        drop(entry.waiting.push(place.party(), sender));
        Err(turn)
    }

    /// The next that waits at the account; if there is none, one less runs.
    fn next(&self, account: AccountKey) -> Option<oneshot::Sender<Running>> {
        let mut accounts = self.lock();
        let entry = accounts.get_mut(&account)?;
        let next = entry.waiting.pop();
        if next.is_none() {
            entry.running -= 1;
            if entry.running == 0 {
                accounts.remove(&account);
            }
        }
        next
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountKey, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn accounts(&self) -> usize {
        self.lock().len()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(attempts) = self.attempts.take() else { return };
        while let Some(next) = attempts.next(self.account) {
            let handed = Self { account: self.account, attempts: Some(Arc::clone(&attempts)) };
            match next.send(handed) {
                Ok(()) => return,
                // It waited too long and is gone. What comes back must not look for a successor as well.
                Err(mut returned) => returned.attempts = None,
            }
        }
    }
}

#[cfg(test)]
mod tests;
