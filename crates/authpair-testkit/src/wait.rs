//! Waiting for something to happen: the one polling loop of the tests.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long [`eventually`] waits. Generous, because a busy machine is no failure.
const EVENTUALLY: Duration = Duration::from_secs(60);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Waits until `done` says so.
///
/// # Panics
/// With `failure` when that takes longer than a minute.
pub async fn eventually(failure: &str, done: impl AsyncFnMut() -> bool) {
    within(EVENTUALLY, failure, done).await;
}

/// The same where the time itself is promised.
///
/// # Panics
/// With `failure` when that takes longer than `limit`.
pub async fn within(limit: Duration, failure: &str, mut done: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !done().await {
        assert!(started.elapsed() < limit, "{failure}");
        sleep(PAUSE).await;
    }
}
