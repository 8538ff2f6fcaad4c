use std::{sync::Arc, time::Duration};

use tokio::task::JoinHandle;

use super::{AccountSlot, AccountSlots, MAX_WAIT, SlotError};
use crate::{
    accounts::hashing::{
        HashingError, Overload,
        queue_permits::{QueuePermits, Requester},
    },
    throttle::{AttemptKeys, Source, TooSoon},
};

type Begun = Result<AccountSlot, SlotError>;

fn is_busy(error: &SlotError) -> bool {
    matches!(error, SlotError::Hashing(HashingError::Overloaded(Overload::AccountBusy)))
}

struct Test(Arc<AccountSlots>, Arc<QueuePermits>);

impl Test {
    fn new(max_waiting: usize) -> Self {
        Self(AccountSlots::new(max_waiting), QueuePermits::new(1_000))
    }

    /// An attempt from an address at an account that may have two at once.
    fn begin(&self, source: u32, account: &str) -> impl Future<Output = Begun> + use<> {
        let permit = self.1.take(Requester::Source(Source::V4(source))).unwrap();
        let account = AttemptKeys::new(b"secret").of_user(account);
        let slots = Arc::clone(&self.0);
        async move { slots.take(permit, account, 2).await }
    }

    /// Begins an attempt in a task, which has begun to wait.
    async fn waiting(&self, source: u32, account: &str) -> JoinHandle<Begun> {
        let waiting = tokio::spawn(self.begin(source, account));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        waiting
    }
}

#[tokio::test(start_paused = true)]
async fn a_further_attempt_at_an_account_waits_for_one_that_runs_and_others_do_not() {
    let test = Test::new(10);
    let running = [test.begin(1, "ana").await.unwrap(), test.begin(1, "ana").await.unwrap()];
    let waiting = test.waiting(2, "ana").await;
    test.begin(1, "bob").await.unwrap();
    drop(running);
    assert!(waiting.await.unwrap().is_ok());
    assert_eq!(test.0.accounts(), 0, "an account without attempts is not remembered");
}

#[tokio::test(start_paused = true)]
async fn a_clone_keeps_an_attempt_running() {
    let test = Test::new(10);
    let (one, other) = (test.begin(1, "ana").await.unwrap(), test.begin(1, "ana").await.unwrap());
    let queued = one.clone();
    drop(one);
    let waiting = test.waiting(1, "ana").await;
    drop(queued);
    waiting.await.unwrap().unwrap();
    drop(other);
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_another_attempt_is_limited_to_two_seconds() {
    let test = Test::new(10);
    let _running = [test.begin(1, "ana").await.unwrap(), test.begin(1, "ana").await.unwrap()];
    let began = tokio::time::Instant::now();
    let refused = test.begin(2, "ana").await.unwrap_err();
    assert!(is_busy(&refused));
    assert_eq!(began.elapsed(), MAX_WAIT);
}

#[tokio::test(start_paused = true)]
async fn an_aborted_waiter_is_skipped_and_its_slot_is_not_lost() {
    let test = Test::new(10);
    let running = [test.begin(1, "ana").await.unwrap(), test.begin(1, "ana").await.unwrap()];
    let gone = test.waiting(1, "ana").await;
    let late = test.waiting(2, "ana").await;
    gone.abort();
    assert!(gone.await.is_err());
    drop(running);
    let late = late.await.unwrap().unwrap();
    // One of two slots is taken: one more attempt may run, a third may not.
    let second = test.begin(3, "ana").await.unwrap();
    drop((test.waiting(3, "ana").await, late, second));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(test.0.accounts(), 0);
}

#[tokio::test(start_paused = true)]
async fn waiting_attempts_at_an_account_are_served_in_turn_by_source() {
    let test = Test::new(10);
    let first = test.begin(1, "ana").await.unwrap();
    let second = test.begin(1, "ana").await.unwrap();
    let flood = [test.waiting(1, "ana").await, test.waiting(1, "ana").await];
    let owner = test.waiting(2, "ana").await;
    drop((first, second));
    let owner = owner.await.unwrap().unwrap();
    let [served, waits] = flood;
    let served = served.await.unwrap().unwrap();
    assert!(!waits.is_finished(), "the owner came before the flood's second attempt");
    drop((owner, served));
    assert!(waits.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn when_too_many_wait_the_newest_of_the_source_with_most_is_refused_at_once() {
    let test = Test::new(2);
    let _running = [test.begin(1, "ana").await.unwrap(), test.begin(1, "ana").await.unwrap()];
    let older = test.waiting(1, "ana").await;
    let newer = test.waiting(1, "ana").await;
    let _owner = test.waiting(2, "ana").await;
    let refused = newer.await.unwrap().unwrap_err();
    assert!(is_busy(&refused));
    assert!(!older.is_finished());
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_one_attempt_less_may_run_but_at_least_one() {
    let test = Test::new(10);
    let (one, other) = (test.begin(1, "ana").await.unwrap(), test.begin(1, "ana").await.unwrap());
    let waiting = test.waiting(2, "ana").await;
    one.lower_limit_after_failure();
    drop(one);
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished(), "the other one still runs, and no more than one may");
    other.lower_limit_after_failure();
    drop(other);
    assert!(waiting.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_learns_of_a_lower_limit_begins_again_and_of_a_higher_one_lets_others_run()
{
    let test = Test::new(10);
    let (one, other) = (test.begin(1, "ana").await.unwrap(), test.begin(1, "ana").await.unwrap());
    assert!(one.apply_limit(2));
    assert!(!other.apply_limit(1), "two run");
    drop(other);
    assert!(one.apply_limit(1));
    let waiting = [test.waiting(2, "ana").await, test.waiting(3, "ana").await];
    assert!(one.apply_limit(3));
    let mut begun = Vec::new();
    for one in waiting {
        begun.push(one.await.unwrap().unwrap());
    }
    drop(test.waiting(4, "ana").await);
}

#[tokio::test(start_paused = true)]
async fn when_an_account_is_blocked_all_waiting_attempts_are_rejected() {
    let test = Test::new(10);
    let (one, other) = (test.begin(1, "ana").await.unwrap(), test.begin(1, "ana").await.unwrap());
    let waiting = [test.waiting(2, "ana").await, test.waiting(3, "ana").await];
    let bob = test.begin(1, "bob").await.unwrap();
    one.reject_waiting_attempts(TooSoon(30));
    for refused in waiting {
        let error = refused.await.unwrap().unwrap_err();
        assert!(matches!(error, SlotError::TooSoon(TooSoon(30))), "{error}");
    }
    drop((one, other, bob));
    assert_eq!(test.0.accounts(), 0);
}
