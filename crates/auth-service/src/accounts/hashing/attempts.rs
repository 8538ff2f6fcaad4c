//! Limits how many attempts at one account run at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use database::wait_for;
use tokio::sync::oneshot;

use super::{HashingError, LONGEST_WAIT, Overload, Place, fair_queue::FairQueue, places::Party};
use crate::throttle::AccountKey;

/// The attempts at each account. Some run, the others wait and are served in turn by requester, so that a flood of
/// guesses from one address does not keep the account's owner waiting.
#[derive(Debug)]
pub(super) struct Attempts {
    accounts: Mutex<HashMap<AccountKey, Account>>,
    most_waiting: usize,
}

#[derive(Debug)]
struct Account {
    running: usize,
    /// The sender hands over the right to run.
    waiting: FairQueue<Party, oneshot::Sender<Running>>,
}

/// The right of one attempt at an account to run. Dropping it lets the next one run.
#[derive(Debug)]
struct Running {
    account: AccountKey,
    /// `None` after the right was handed over.
    attempts: Option<Arc<Attempts>>,
}

/// An attempt at an account's password: a permit for the hash queue, and the right to run as one of the few attempts of
/// its account. A clone keeps both.
#[derive(Clone, Debug)]
pub struct Attempt(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    place: Place,
    running: Running,
}

impl Attempt {
    /// Its permit for the hash queue.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    pub(super) fn account(&self) -> AccountKey {
        self.0.running.account
    }
}

impl Attempts {
    /// At most `most_waiting` attempts wait at one account.
    pub(super) fn new(most_waiting: usize) -> Arc<Self> {
        Arc::new(Self { accounts: Mutex::default(), most_waiting })
    }

    /// Begins an attempt: at once while fewer than `limit` run (at least one may run), otherwise when another one ends
    /// within [`LONGEST_WAIT`].
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
                // The queue was full, or no other attempt ended in time.
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
        // Dropping the evicted sender tells its receiver that the queue was full.
        drop(entry.waiting.push(place.party(), sender));
        Err(turn)
    }

    /// The next attempt that waits at the account. If none waits, counts one running attempt less.
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
                // The waiter has timed out. The returned right must not be handed over a second time when it is
                // dropped.
                Err(mut returned) => returned.attempts = None,
            }
        }
    }
}

#[cfg(test)]
mod tests;
