//! The limits for users: for changes of their name or address, and for log-ins from their trusted devices.

use super::{AttemptKey, ClassLimits, Limit, RateLimiter, TooSoon};

/// The limits for users. They are kept by this process.
#[derive(Debug)]
pub struct UserLimits {
    profile_by_session: Option<RateLimiter<String>>,
    device_by_user: Option<RateLimiter<AttemptKey>>,
}

impl UserLimits {
    /// The limits of sources count here for one session or one user. Log-ins from trusted devices have the limit of
    /// log-ins, but all calls of its period may come at once.
    pub fn new(limits: &ClassLimits) -> Self {
        let all_at_once = |limit: Limit| Limit { burst: limit.burst.max(limit.calls), ..limit };
        Self {
            profile_by_session: limits.profile_change.map(RateLimiter::new),
            device_by_user: limits.login.map(all_at_once).map(RateLimiter::new),
        }
    }

    /// Counts a log-in with a token of one of the user's devices at `now`, in microseconds since the epoch.
    ///
    /// # Errors
    /// When there were too many log-ins.
    pub fn device_login(&self, user: AttemptKey, now: i64) -> Result<(), TooSoon> {
        let limiter = self.device_by_user.as_ref();
        limiter.map_or(Ok(()), |limiter| limiter.call(&user, now)).map_err(TooSoon)
    }

    /// Counts a change of the own name or address in this session at `now`, in microseconds since the epoch.
    ///
    /// # Errors
    /// When the session has made too many changes.
    pub fn profile_change(&self, session: &str, now: i64) -> Result<(), TooSoon> {
        let limiter = self.profile_by_session.as_ref();
        limiter.map_or(Ok(()), |limiter| limiter.call(&session.to_owned(), now)).map_err(TooSoon)
    }
}

#[cfg(test)]
mod tests {
    use super::{ClassLimits, Limit, TooSoon, UserLimits};
    use crate::throttle::{AttemptKeys, PROFILE_CHANGES};

    #[test]
    fn the_devices_of_a_user_sign_in_thirty_times_at_once() {
        let login = Some(Limit { calls: 30, seconds: 60, burst: 10 });
        let limits = UserLimits::new(&ClassLimits { login, ..ClassLimits::default() });
        let keys = AttemptKeys::new(b"secret");
        let (ana, bob) = (keys.of_user("ana"), keys.of_user("bob"));
        assert!((0..30).all(|_| limits.device_login(ana, 0).is_ok()));
        assert_eq!(limits.device_login(ana, 0), Err(TooSoon(2)));
        assert!(limits.device_login(bob, 0).is_ok());
    }

    #[test]
    fn a_session_changes_its_profile_ten_times_a_minute() {
        let profile_change = Some(PROFILE_CHANGES);
        let limits = UserLimits::new(&ClassLimits { profile_change, ..ClassLimits::default() });
        assert!((0..10).all(|_| limits.profile_change("session", 0).is_ok()));
        assert_eq!(limits.profile_change("session", 0), Err(TooSoon(6)));
        assert!(limits.profile_change("other", 0).is_ok());
    }

    #[test]
    fn limits_that_are_off_limit_nothing() {
        let (off, keys) = (UserLimits::new(&ClassLimits::default()), AttemptKeys::new(b"secret"));
        assert!((0..1_000).all(|_| off.device_login(keys.of_user("ana"), 0).is_ok()));
        assert!((0..1_000).all(|_| off.profile_change("session", 0).is_ok()));
    }
}
