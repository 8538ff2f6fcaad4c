//! Waiting until a condition holds: the one polling loop of the tests.

use std::{
    thread,
    time::{Duration, Instant},
};

use tokio::time::sleep;

/// How long [`eventually`] waits. It is long because a busy machine is not a failure.
const EVENTUALLY: Duration = Duration::from_secs(60);

/// The pause between two checks.
const PAUSE: Duration = Duration::from_millis(10);

/// The outcome of one check: the value that was waited for, or why it is not there yet.
pub trait CheckOutcome {
    /// The value that was waited for.
    type Value;

    /// The outcome as a result.
    ///
    /// # Errors
    /// Why the wait is not over yet, for the message of the failure.
    fn into_result(self) -> Result<Self::Value, String>;
}

/// `true` ends the wait.
impl CheckOutcome for bool {
    type Value = ();

    fn into_result(self) -> Result<(), String> {
        if self { Ok(()) } else { Err(String::new()) }
    }
}

/// A value ends the wait and is returned.
impl<T> CheckOutcome for Option<T> {
    type Value = T;

    fn into_result(self) -> Result<T, String> {
        self.ok_or_else(String::new)
    }
}

/// `Ok` ends the wait; the last error is in the message of the failure.
impl<T> CheckOutcome for Result<T, String> {
    type Value = T;

    fn into_result(self) -> Self {
        self
    }
}

/// Checks again and again until the wait is over, at most for a minute. For waits without a promised time.
///
/// # Panics
/// With `failure` when the time is over.
pub async fn eventually<L: CheckOutcome>(failure: &str, check: impl AsyncFnMut() -> L) -> L::Value {
    within(EVENTUALLY, failure, check).await
}

/// The same with a limit, for a time that the services promise.
///
/// # Panics
/// With `failure` when the time is over.
pub async fn within<L: CheckOutcome>(
    limit: Duration,
    failure: &str,
    mut check: impl AsyncFnMut() -> L,
) -> L::Value {
    let started = Instant::now();
    loop {
        match check().await.into_result() {
            Ok(found) => return found,
            Err(reason) => fail_after(limit, started, failure, &reason),
        }
        sleep(PAUSE).await;
    }
}

/// [`eventually`] for code that is not async.
///
/// # Panics
/// With `failure` when the time is over.
pub fn eventually_blocking<L: CheckOutcome>(
    failure: &str,
    mut check: impl FnMut() -> L,
) -> L::Value {
    let started = Instant::now();
    loop {
        match check().into_result() {
            Ok(found) => return found,
            Err(reason) => fail_after(EVENTUALLY, started, failure, &reason),
        }
        thread::sleep(PAUSE);
    }
}

fn fail_after(limit: Duration, started: Instant, failure: &str, reason: &str) {
    let waited = started.elapsed();
    assert!(waited < limit, "{failure}, after {waited:?}: {reason}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_finds_a_value_ends_the_wait_and_returns_it() {
        let mut looks = 0;
        let found = eventually_blocking("never", || {
            looks += 1;
            (looks == 3).then_some("found")
        });
        assert_eq!((found, looks), ("found", 3));
    }

    #[tokio::test]
    #[should_panic(expected = "the last reason")]
    async fn a_wait_that_fails_reports_the_last_reason() {
        within(Duration::ZERO, "not so", async || Err::<(), _>("the last reason".to_owned())).await;
    }
}
