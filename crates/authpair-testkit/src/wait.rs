//! Waiting until something is so: the one polling loop of the tests.

use std::{
    thread,
    time::{Duration, Instant},
};

use tokio::time::sleep;

/// How long [`eventually`] waits. It is long because a busy machine is not a failure.
const EVENTUALLY: Duration = Duration::from_secs(60);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// What one look brings: what was waited for, or why it is not so yet.
pub trait Look {
    /// What was waited for.
    type Found;

    /// What was found.
    ///
    /// # Errors
    /// Why it is not so yet, for the message of the failure.
    fn found(self) -> Result<Self::Found, String>;
}

/// `true` ends the wait.
impl Look for bool {
    type Found = ();

    fn found(self) -> Result<(), String> {
        if self { Ok(()) } else { Err(String::new()) }
    }
}

/// A value ends the wait and is returned.
impl<T> Look for Option<T> {
    type Found = T;

    fn found(self) -> Result<T, String> {
        self.ok_or_else(String::new)
    }
}

/// `Ok` ends the wait; the last error is in the message of the failure.
impl<T> Look for Result<T, String> {
    type Found = T;

    fn found(self) -> Self {
        self
    }
}

/// Looks again and again until it is so, at most for a minute. For waits without a promised time.
///
/// # Panics
/// With `failure` when the time is over.
pub async fn eventually<L: Look>(failure: &str, look: impl AsyncFnMut() -> L) -> L::Found {
    within(EVENTUALLY, failure, look).await
}

/// The same where the time itself is promised.
///
/// # Panics
/// With `failure` when the time is over.
pub async fn within<L: Look>(
    limit: Duration,
    failure: &str,
    mut look: impl AsyncFnMut() -> L,
) -> L::Found {
    let started = Instant::now();
    loop {
        match look().await.found() {
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
pub fn eventually_blocking<L: Look>(failure: &str, mut look: impl FnMut() -> L) -> L::Found {
    let started = Instant::now();
    loop {
        match look().found() {
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
    fn a_look_that_finds_something_ends_the_wait_and_is_returned() {
        let mut looks = 0;
        let found = eventually_blocking("never", || {
            looks += 1;
            (looks == 3).then_some("found")
        });
        assert_eq!((found, looks), ("found", 3));
    }

    #[tokio::test]
    #[should_panic(expected = "the last reason")]
    async fn a_wait_that_is_over_tells_the_last_reason() {
        within(Duration::ZERO, "not so", async || Err::<(), _>("the last reason".to_owned())).await;
    }
}
