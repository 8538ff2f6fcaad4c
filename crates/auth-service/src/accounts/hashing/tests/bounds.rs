use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use service_kit::call_budget::{CALL_TIMEOUT, share_budget, spend, time_left};
use tokio::task::JoinSet;
use tracing::{Instrument as _, Subscriber, span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::support::{CHEAP, broken, gated, hash, hasher, until, verify};
use crate::accounts::hashing::{HashingError, Overload, PasswordHasher};

#[tokio::test]
async fn two_hundred_at_once_run_on_two_threads_and_the_rest_is_refused() {
    let gated = gated(2, 20);
    let mut calls = JoinSet::new();
    let call = |calls: &mut JoinSet<_>| {
        let hasher = gated.hasher.clone();
        calls.spawn(async move { verify(&hasher, "wrong", None).await });
    };
    for _ in 0..2 {
        call(&mut calls);
    }
    until(|| gated.hasher.busy() == 2).await;
    for _ in 0..198 {
        call(&mut calls);
    }
    for _ in 0..178 {
        let answer = calls.join_next().await.unwrap().unwrap();
        assert!(matches!(answer, Err(HashingError::Overloaded(Overload::QueueFull))));
    }
    assert_eq!((gated.hasher.busy(), gated.hasher.queue_depth()), (2, 20));

    drop(gated.gate);
    while let Some(answer) = calls.join_next().await {
        assert!(answer.unwrap().is_ok());
    }
    let watched = gated.watched.lock().unwrap();
    assert_eq!((watched.max_running, watched.runs.len()), (2, 22));
}

#[tokio::test]
async fn clients_that_disconnect_keep_their_slots_and_cost_no_hash() {
    let gated = gated(1, 3);
    let hasher = &gated.hasher;
    let call = || {
        let hasher = hasher.clone();
        tokio::spawn(async move { verify(&hasher, "wrong", None).await })
    };
    let running = call();
    until(|| hasher.busy() == 1).await;
    let waiting = [call(), call(), call()];
    until(|| hasher.queue_depth() == 3).await;

    // All clients disconnect: the queue stays full and the thread stays busy.
    for gone in waiting.iter().chain([&running]) {
        gone.abort();
    }
    for gone in waiting.into_iter().chain([running]) {
        assert!(gone.await.unwrap_err().is_cancelled());
    }
    assert_eq!((hasher.busy(), hasher.queue_depth()), (1, 3));
    let refused = verify(hasher, "wrong", None).await;
    assert!(matches!(refused, Err(HashingError::Overloaded(Overload::QueueFull))));

    // The run ends, the three jobs are skipped, and the next one is run.
    drop(gated.gate);
    until(|| hasher.queue_depth() == 0).await;
    assert!(verify(hasher, "wrong", None).await.is_ok());
    assert_eq!(gated.watched.lock().unwrap().runs.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_thread_is_limited_to_two_seconds() {
    let gated = gated(1, 4);
    let hasher = gated.hasher.clone();
    let running = tokio::spawn(async move { verify(&hasher, "wrong", None).await });
    until(|| gated.hasher.busy() == 1).await;

    let began = tokio::time::Instant::now();
    let refused = verify(&gated.hasher, "wrong", None).await;
    assert!(matches!(refused, Err(HashingError::Overloaded(Overload::Waited))));
    assert_eq!(began.elapsed().as_secs(), 2);

    // The limit is for the wait: a job that has begun keeps its thread to the end.
    tokio::time::advance(Duration::from_secs(60)).await;
    assert!(!running.is_finished());
    drop(gated.gate);
    assert!(running.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_request_waits_for_a_thread_as_long_as_it_has_time_and_the_hash_takes_none_of_that() {
    let gated = gated(1, 4);
    let hasher = gated.hasher.clone();
    let running = tokio::spawn(share_budget(async move {
        let began = Instant::now();
        let verdict = verify(&hasher, "wrong", None).await;
        (verdict, began.elapsed(), CALL_TIMEOUT - time_left())
    }));
    until(|| gated.hasher.busy() == 1).await;
    share_budget(async {
        spend(CALL_TIMEOUT - Duration::from_millis(50));
        let began = Instant::now();
        let refused = verify(&gated.hasher, "wrong", None).await;
        assert!(matches!(refused, Err(HashingError::Overloaded(Overload::Waited))));
        assert!(began.elapsed() < Duration::from_millis(1_500), "it had 50 ms");
        assert_eq!(time_left(), Duration::ZERO);
    })
    .await;
    drop(gated.gate);
    let (verdict, took, spent) = running.await.unwrap();
    assert!(verdict.is_ok());
    // The other one's wait passed while this one was being hashed.
    assert!(spent + Duration::from_millis(40) <= took, "{spent:?} of {took:?}");
}

#[tokio::test]
async fn an_engine_that_panics_fails_one_call_and_no_thread() {
    let factory = broken(|input, _| {
        assert!(input.password != b"boom", "as the test wants");
        Ok(())
    });
    let hasher = PasswordHasher::start_on(&factory, CHEAP, 1, 4).unwrap();
    for _ in 0..3 {
        let failed = hash(&hasher, "boom").await;
        assert!(matches!(failed, Err(HashingError::Failed)));
        assert!(hash(&hasher, "correct horse").await.is_ok());
    }
    assert_eq!(hasher.threads(), 1);
    until(|| hasher.busy() == 0).await;
}

#[tokio::test]
async fn an_engine_that_fails_is_an_error_and_not_a_wrong_password() {
    let factory =
        broken(
            |input, _| {
                if input.password == b"too much" { Err("no memory".to_owned()) } else { Ok(()) }
            },
        );
    let hasher = PasswordHasher::start_on(&factory, CHEAP, 1, 4).unwrap();
    let failed = verify(&hasher, "too much", None).await;
    assert!(matches!(failed, Err(HashingError::Failed)));
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_threads() {
    let gated = gated(2, 4);
    let other = gated.hasher.clone();
    let counts = Arc::clone(other.pool.counts());
    drop(gated.hasher);
    assert_eq!(other.threads(), 2);
    drop(other);
    until(|| counts.threads() == 0).await;
}

/// The names of the threads on which a span named `login` was entered.
struct Entered(Arc<Mutex<Vec<String>>>);

impl<S> Layer<S> for Entered
where
    S: Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    fn on_enter(&self, id: &span::Id, context: Context<'_, S>) {
        if context.span(id).unwrap().name() == "login" {
            let thread = thread::current().name().unwrap_or("").to_owned();
            self.0.lock().unwrap().push(thread);
        }
    }
}

#[tokio::test]
async fn the_callers_span_goes_with_the_work() {
    let entered = Arc::new(Mutex::new(Vec::new()));
    let subscriber = tracing_subscriber::registry().with(Entered(Arc::clone(&entered)));
    let _guard = tracing::subscriber::set_default(subscriber);
    let hasher = hasher();
    hash(&hasher, "correct horse").instrument(tracing::info_span!("login")).await.unwrap();
    assert!(entered.lock().unwrap().contains(&"hash-0".to_owned()));
}
