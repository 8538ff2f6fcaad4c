//! Limits how many attempts at one account run at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use service_kit::call_budget::wait_for;
use tokio::sync::oneshot;

use super::{
    HashingError, MAX_WAIT, Overload, QueuePermit, fair_queue::FairQueue, queue_permits::Requester,
};
use crate::throttle::{AttemptKey, TooSoon};

/// The attempts at each account. Some run, the others wait. Those that wait are served in turn by requester, so that a
/// flood of guesses from one address does not keep the account's owner waiting.
#[derive(Debug)]
pub(super) struct AccountSlots {
    accounts: Mutex<HashMap<AttemptKey, Account>>,
    max_waiting: usize,
}

#[derive(Debug)]
struct Account {
    running: usize,
    /// How many attempts may run, as far as this process knows; at least one.
    limit: usize,
    waiting: FairQueue<Requester, Waiting>,
}

/// Receives the right to run, or the time for which the account is blocked.
type Waiting = oneshot::Sender<Result<RunningSlot, TooSoon>>;

/// The right of one attempt at an account to run. Dropping it lets the next one run.
#[derive(Debug)]
struct RunningSlot {
    account: AttemptKey,
    /// `None` if the right was already given back.
    slots: Option<Arc<AccountSlots>>,
}

/// Why an attempt gets no slot.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// Too many other attempts run.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// While the attempt waited, another one found the account blocked.
    #[error("the account is blocked for {} s", .0.0)]
    TooSoon(TooSoon),
}

/// The right of an attempt to check an account's password: a permit for the hash queue, and one of the few slots of the
/// account. A clone keeps both.
#[derive(Clone, Debug)]
pub struct AccountSlot(Arc<SlotParts>);

#[derive(Debug)]
struct SlotParts {
    permit: QueuePermit,
    running: RunningSlot,
}

impl AccountSlot {
    /// Its permit for the hash queue.
    pub fn permit(&self) -> &QueuePermit {
        &self.0.permit
    }

    pub(super) fn account(&self) -> AttemptKey {
        self.0.running.account
    }

    /// Sets how many attempts at the account may run at once. `false` if more are running: then this attempt must begin
    /// again.
    pub fn apply_limit(&self, limit: usize) -> bool {
        let account = self.account();
        self.slots().is_none_or(|slots| slots.set_limit(account, limit))
    }

    /// Lowers the number of attempts that may run by one. Call this after the failure of this attempt is stored, and
    /// before the slot is dropped.
    pub fn lower_limit_after_failure(&self) {
        if let Some(slots) = self.slots() {
            slots.lower_limit(self.account());
        }
    }

    /// Rejects all attempts that wait at the account, because it is blocked.
    pub fn reject_waiting_attempts(&self, why: TooSoon) {
        let waiting = self.slots().map(|slots| slots.take_waiting(self.account()));
        for sender in waiting.into_iter().flatten() {
            // Fails if the waiter has timed out, which needs no answer.
            let _ = sender.send(Err(why));
        }
    }

    fn slots(&self) -> Option<&Arc<AccountSlots>> {
        self.0.running.slots.as_ref()
    }
}

impl AccountSlots {
    /// Creates the limits. At most `max_waiting` attempts may wait at one account.
    pub(super) fn new(max_waiting: usize) -> Arc<Self> {
        Arc::new(Self { accounts: Mutex::default(), max_waiting })
    }

    /// Begins an attempt. If fewer than `limit` run, it begins at once (at least one may always run). Otherwise it
    /// waits up to [`MAX_WAIT`] for another one to end. If other attempts have set a limit for the account, that limit
    /// is used.
    pub(super) async fn take(
        self: &Arc<Self>,
        permit: QueuePermit,
        account: AttemptKey,
        limit: usize,
    ) -> Result<AccountSlot, SlotError> {
        let running = match self.enter(&permit, account, limit) {
            Ok(running) => running,
            Err(receiver) => match wait_for(MAX_WAIT, receiver).await {
                Some(Ok(Ok(running))) => running,
                Some(Ok(Err(why))) => return Err(SlotError::TooSoon(why)),
                // The queue was full, or no other attempt ended in time.
                Some(Err(_)) | None => {
                    return Err(HashingError::Overloaded(Overload::AccountBusy).into());
                }
            },
        };
        Ok(AccountSlot(Arc::new(SlotParts { permit, running })))
    }

    /// Takes a slot, or joins the waiting attempts: then the result comes through the receiver.
    fn enter(
        self: &Arc<Self>,
        permit: &QueuePermit,
        account: AttemptKey,
        limit: usize,
    ) -> Result<RunningSlot, oneshot::Receiver<Result<RunningSlot, TooSoon>>> {
        let mut accounts = self.lock();
        let entry = accounts.entry(account).or_insert_with(|| Account {
            running: 0,
            limit: limit.max(1),
            waiting: FairQueue::new(self.max_waiting),
        });
        if entry.running < entry.limit {
            entry.running += 1;
            return Ok(RunningSlot { account, slots: Some(Arc::clone(self)) });
        }
        let (sender, receiver) = oneshot::channel();
        // Dropping the evicted sender tells its receiver that the queue was full.
        drop(entry.waiting.push(permit.requester(), sender));
        Err(receiver)
    }

    /// Sets the limit of an account, and lets waiting attempts run. `false` if more are running than the limit.
    fn set_limit(self: &Arc<Self>, account: AttemptKey, limit: usize) -> bool {
        let mut accounts = self.lock();
        let Some(entry) = accounts.get_mut(&account) else { return true };
        entry.limit = limit.max(1);
        let is_within = entry.running <= entry.limit;
        drop(accounts);
        self.hand_out(account);
        is_within
    }

    fn lower_limit(&self, account: AttemptKey) {
        if let Some(entry) = self.lock().get_mut(&account) {
            entry.limit = (entry.limit - 1).max(1);
        }
    }

    fn take_waiting(&self, account: AttemptKey) -> Vec<Waiting> {
        let mut accounts = self.lock();
        let entry = accounts.get_mut(&account);
        entry.map_or_else(Vec::new, |entry| std::iter::from_fn(|| entry.waiting.pop()).collect())
    }

    /// Lets waiting attempts run, up to the limit.
    fn hand_out(self: &Arc<Self>, account: AttemptKey) {
        while let Some(next) = self.next_waiter(account) {
            let handed = RunningSlot { account, slots: Some(Arc::clone(self)) };
            if let Err(Ok(mut returned)) = next.send(Ok(handed)) {
                // The waiter has timed out. Dropping the returned right must not release it a second time.
                returned.slots = None;
                self.release(account);
            }
        }
    }

    /// The next waiting attempt at the account, if one more may run. It is counted as running.
    fn next_waiter(&self, account: AttemptKey) -> Option<Waiting> {
        let mut accounts = self.lock();
        let entry = accounts.get_mut(&account)?;
        if entry.running >= entry.limit {
            return None;
        }
        let next = entry.waiting.pop();
        match next {
            Some(_) => entry.running += 1,
            None if entry.running == 0 => drop(accounts.remove(&account)),
            None => {}
        }
        next
    }

    /// Lowers the number of running attempts by one.
    fn release(&self, account: AttemptKey) {
        if let Some(entry) = self.lock().get_mut(&account) {
            entry.running -= 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AttemptKey, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn accounts(&self) -> usize {
        self.lock().len()
    }
}

impl Drop for RunningSlot {
    fn drop(&mut self) {
        let Some(slots) = self.slots.take() else { return };
        slots.release(self.account);
        slots.hand_out(self.account);
    }
}

#[cfg(test)]
mod tests;
