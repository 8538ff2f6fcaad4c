//! The limits for users: for changes of their name or address, and for log-ins from their trusted devices.

use super::{AccountKey, Limit, RateLimiter, Source, TooSoon};

/// The limit for users' changes of their own name or address. The answer to each change shows whether another account
/// has that name or address.
const PROFILE_CHANGES: Limit = Limit::new(10, 60);

/// The limits for users. They are kept by this process.
#[derive(Debug)]
pub struct UserLimits {
    profile_by_session: RateLimiter<String>,
    profile_by_source: RateLimiter<Source>,
    device_by_user: Option<RateLimiter<AccountKey>>,
}

impl UserLimits {
    /// `login` is the limit for log-ins of a source. Log-ins from trusted devices have the same limit, but all calls of
    /// its period may come at once.
    pub fn new(login: Option<Limit>) -> Self {
        let device = login.map(|limit| Limit { burst: limit.burst.max(limit.calls), ..limit });
        Self {
            profile_by_session: RateLimiter::new(PROFILE_CHANGES),
            profile_by_source: RateLimiter::new(PROFILE_CHANGES),
            device_by_user: device.map(RateLimiter::new),
        }
    }

    /// Counts a log-in with a token of one of the user's devices at `now`, in microseconds since the epoch.
    ///
    /// # Errors
    /// When there were too many log-ins.
    pub fn device_login(&self, user: AccountKey, now: i64) -> Result<(), TooSoon> {
        let limiter = self.device_by_user.as_ref();
        limiter.map_or(Ok(()), |limiter| limiter.call(&user, now)).map_err(TooSoon)
    }

    /// Counts a user's change of the own name or address at `now`, in microseconds since the epoch.
    ///
    /// # Errors
    /// When the session, or the source, has made too many changes; the longer of both waits.
    pub fn profile_change(&self, session: &str, source: Source, now: i64) -> Result<(), TooSoon> {
        let by_session = self.profile_by_session.call(&session.to_owned(), now);
        let by_source = self.profile_by_source.call(&source, now);
        let wait = by_session.err().max(by_source.err());
        wait.map_or(Ok(()), |wait| Err(TooSoon(wait)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Limit, Source, TooSoon, UserLimits};
    use crate::throttle::AccountKeys;

    #[test]
    fn the_devices_of_a_user_sign_in_thirty_times_at_once() {
        let limits = UserLimits::new(Some(Limit { calls: 30, seconds: 60, burst: 10 }));
        let keys = AccountKeys::new(b"secret");
        let (ana, bob) = (keys.of_user("ana"), keys.of_user("bob"));
        assert!((0..30).all(|_| limits.device_login(ana, 0).is_ok()));
        assert_eq!(limits.device_login(ana, 0), Err(TooSoon(2)));
        assert!(limits.device_login(bob, 0).is_ok());
        let off = UserLimits::new(None);
        assert!((0..1_000).all(|_| off.device_login(ana, 0).is_ok()));
    }

    #[test]
    fn a_session_is_limited_however_many_sources_it_uses() {
        let limits = UserLimits::new(None);
        let from = |number| limits.profile_change("session", Source::V4(number), 0);
        assert!((0..10).all(|number| from(number).is_ok()));
        assert_eq!(from(10), Err(TooSoon(6)));
    }

    #[test]
    fn a_source_is_limited_however_many_sessions_it_has() {
        let limits = UserLimits::new(None);
        let by = |number: u32| limits.profile_change(&number.to_string(), Source::V4(1), 0);
        assert!((0..10).all(|number| by(number).is_ok()));
        assert_eq!(by(10), Err(TooSoon(6)));
        assert!(limits.profile_change("10", Source::V4(2), 0).is_ok());
    }
}
