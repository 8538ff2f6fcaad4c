//! The rule for accounts: when the next attempt is allowed after failures in a row.

use std::time::Duration;

use service_kit::unix_time::UnixSeconds;

use super::Limit;

/// The longest wait between two attempts, in seconds.
const MAX_WAIT: i64 = 3_600;

/// After this many failures in a row, the user can log in only from a trusted device.
pub const MAX_FAILURES: i64 = 100;

/// How long failures are kept after the last one.
pub const FAILURE_RETENTION: Duration = Duration::from_secs(86_400);

/// After this many failures, the token of a trusted device is no longer accepted.
pub const MAX_DEVICE_FAILURES: i64 = 10;

/// Failures in a row, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// The number of failures.
    pub count: i64,
    /// When the last one was.
    pub last_at: UnixSeconds,
    /// When they expire.
    pub kept_until: UnixSeconds,
}

/// How failures delay further attempts: some failures are free, then each wait is twice as long as the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountRule {
    free: i64,
    first_wait: i64,
}

/// The decision about the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is allowed; this many attempts may run at once.
    Allowed {
        /// At least one.
        at_once: usize,
    },
    /// It comes too soon; the seconds until it is allowed.
    Wait(u64),
}

impl From<Limit> for AccountRule {
    /// `2/min burst 5`: five failures are free, and the first wait is 30 s.
    fn from(limit: Limit) -> Self {
        let first_wait = (limit.seconds + limit.calls - 1) / limit.calls;
        Self { free: limit.burst, first_wait }
    }
}

impl AccountRule {
    /// Number of attempts that may run at once at an account without failures.
    pub fn max_at_once(&self) -> usize {
        usize::try_from(self.free).unwrap_or(1).max(1)
    }

    /// Decides about an attempt at `now`. `None`: the account has no failures.
    pub fn decide(&self, failures: Option<Failures>, now: UnixSeconds) -> Decision {
        let Some(failures) = failures.filter(|failures| failures.kept_until > now) else {
            return Decision::Allowed { at_once: self.max_at_once() };
        };
        let left = self.free - failures.count;
        if left > 0 {
            return Decision::Allowed { at_once: usize::try_from(left).unwrap_or(1) };
        }
        // A clock that was set back must not lengthen the wait.
        let since = now.seconds_since(failures.last_at).max(0);
        match u64::try_from(self.wait_after(failures) - since) {
            Ok(wait) if wait > 0 => Decision::Wait(wait),
            _ => Decision::Allowed { at_once: 1 },
        }
    }

    /// Seconds from the last failure to the next allowed attempt.
    fn wait_after(&self, failures: Failures) -> i64 {
        if failures.count >= MAX_FAILURES.max(self.free) {
            // The account stays blocked until its failures expire or are cleared.
            return failures.kept_until.seconds_since(failures.last_at).max(0);
        }
        let doublings = u32::try_from(failures.count - self.free).unwrap_or(0).min(20);
        self.first_wait.saturating_mul(1 << doublings).min(MAX_WAIT.max(self.first_wait))
    }
}

/// Decides about an attempt with the token of a trusted device: how many attempts may run at once, or `None` if the
/// token is no longer accepted.
pub fn decide_device(failures: Option<Failures>) -> Option<usize> {
    let left = MAX_DEVICE_FAILURES - failures.map_or(0, |failures| failures.count);
    usize::try_from(left).ok().filter(|left| *left > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixSeconds = UnixSeconds::new(1_800_000_000);
    const RULE: AccountRule = AccountRule { free: 5, first_wait: 30 };

    /// The decision `since` seconds after the last of `count` failures.
    fn decided(count: i64, since: i64) -> Decision {
        let last_at = UnixSeconds::new(NOW.as_i64() - since);
        RULE.decide(Some(Failures { count, last_at, kept_until: last_at + FAILURE_RETENTION }), NOW)
    }

    #[test]
    fn five_failures_are_free_and_then_the_wait_doubles_up_to_an_hour() {
        let allowed = |at_once| Decision::Allowed { at_once };
        for (count, since, expected) in [
            (1, 0, allowed(4)),
            (4, 0, allowed(1)),
            (5, 0, Decision::Wait(30)),
            (5, 29, Decision::Wait(1)),
            (5, 30, allowed(1)),
            (6, 0, Decision::Wait(60)),
            (7, 100, Decision::Wait(20)),
            (11, 0, Decision::Wait(1_920)),
            (12, 0, Decision::Wait(3_600)),
            (13, 3_599, Decision::Wait(1)),
            (99, 0, Decision::Wait(3_600)),
            (99, 3_600, allowed(1)),
            (100, 3_600, Decision::Wait(82_800)),
            (100, 86_399, Decision::Wait(1)),
            (5_000, 0, Decision::Wait(86_400)),
            (100, 86_400, allowed(5)),
            (4, 86_400, allowed(5)),
            (12, 86_400, allowed(5)),
            (5, -1_000_000, Decision::Wait(30)),
            (0, 0, allowed(5)),
        ] {
            assert_eq!(decided(count, since), expected, "{count} failures, {since} s ago");
        }
        assert_eq!(RULE.decide(None, NOW), allowed(5));
    }

    #[test]
    fn the_rule_is_read_from_a_limit() {
        let rule = |calls, seconds, burst| AccountRule::from(Limit { calls, seconds, burst });
        assert_eq!(rule(2, 60, 5), RULE);
        assert_eq!(rule(7, 60, 1), AccountRule { free: 1, first_wait: 9 });
        let slow = rule(1, 86_400, 3);
        let failures = Failures { count: 9, last_at: NOW, kept_until: NOW + FAILURE_RETENTION };
        assert_eq!(slow.decide(Some(failures), NOW), Decision::Wait(86_400));
    }

    #[test]
    fn ten_failures_end_a_devices_token_for_good() {
        let failures = |count| Some(Failures { count, last_at: NOW, kept_until: NOW });
        assert_eq!(decide_device(None), Some(10));
        assert_eq!(decide_device(failures(9)), Some(1));
        assert_eq!(decide_device(failures(10)), None);
        assert_eq!(decide_device(failures(11)), None);
    }
}
