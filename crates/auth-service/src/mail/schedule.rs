//! When a mail is tried again.

use std::time::Duration;

/// How often a mail is tried.
pub(super) const MAX_TRIES: i64 = 5;

/// Seconds from each failed try to the next one.
const PAUSES: [u64; 4] = [10, 60, 600, 3_600];

/// The time until the next try after this number of tries; `None` if there is no further try.
pub(super) fn pause_after(tries: i64) -> Option<Duration> {
    let index = usize::try_from(tries - 1).ok()?;
    PAUSES.get(index).map(|seconds| Duration::from_secs(*seconds))
}

/// How long a process may take to send a mail that it has claimed. After that another process may try.
pub(super) fn lease(timeout: Duration) -> Duration {
    // There is one transaction before and one after the sending. Each waits for the database for 2.5 s at most.
    timeout * 2 + Duration::from_secs(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_tries_come_ten_seconds_to_an_hour_apart() {
        let pauses: Vec<_> = (1..=MAX_TRIES).map(pause_after).collect();
        let seconds = |time: &Option<Duration>| time.map(|time| time.as_secs());
        assert_eq!(
            pauses.iter().map(seconds).collect::<Vec<_>>(),
            [Some(10), Some(60), Some(600), Some(3_600), None]
        );
    }
}
