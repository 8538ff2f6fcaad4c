//! A token bucket for each of many keys, with bounded memory.

use std::{
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use super::{Limit, bounded_map::BoundedMap};

/// Most keys that one limiter remembers.
pub(super) const MAX_KEYS: usize = 100_000;

/// Counts calls by key. Times are arguments, in microseconds since the epoch.
#[derive(Debug)]
pub struct RateLimiter<K> {
    limit: Limit,
    buckets: Mutex<Buckets<K, 1>>,
}

impl<K: Clone + Eq + Hash> RateLimiter<K> {
    /// A limiter without any calls.
    pub fn new(limit: Limit) -> Self {
        Self { limit, buckets: Mutex::new(Buckets::new(MAX_KEYS)) }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// The whole seconds after which the next call is allowed. A refused call is not counted.
    pub fn call(&self, key: &K, now: i64) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let limits = [Some(self.limit)];
        buckets.check(&limits, 0, key, now)?;
        buckets.count(&limits, 0, key, now);
        Ok(())
    }
}

/// The limits of each of `N` kinds of calls; `None` for a kind without one.
pub(super) type LimitsByKind<const N: usize> = [Option<Limit>; N];

/// The buckets of many keys, `N` for each key: one a kind of call.
///
/// A bucket is stored as the time at which it will be full again (GCRA). When there are too many keys, the key that
/// called longest ago is forgotten, but never a blocked one: otherwise calls with other keys could unblock it.
#[derive(Debug)]
pub(super) struct Buckets<K, const N: usize>(BoundedMap<K, [i64; N]>);

impl<K: Clone + Eq + Hash, const N: usize> Buckets<K, N> {
    /// Buckets for at most `max` keys.
    pub(super) fn new(max: usize) -> Self {
        Self(BoundedMap::new(max))
    }

    /// Whether a call of this kind is allowed.
    ///
    /// # Errors
    /// The whole seconds until it is.
    pub(super) fn check(
        &self,
        limits: &LimitsByKind<N>,
        kind: usize,
        key: &K,
        now: i64,
    ) -> Result<(), u64> {
        let Some(limit) = limits[kind] else { return Ok(()) };
        let full_at = self.0.get(key).map_or(now, |times| times[kind]);
        // A clock that was set back must not block for longer than an empty bucket does.
        let wait =
            full_at.clamp(now, now + limit.window()) + limit.interval() - now - limit.window();
        if wait <= 0 {
            return Ok(());
        }
        Err(u64::try_from(wait).unwrap_or(0).div_ceil(1_000_000))
    }

    /// Counts a call of this kind. If the key is new and all remembered keys are blocked, the call is not counted.
    pub(super) fn count(&mut self, limits: &LimitsByKind<N>, kind: usize, key: &K, now: i64) {
        let Some(limit) = limits[kind] else { return };
        let mut times = self.0.get(key).copied().unwrap_or([now; N]);
        times[kind] = times[kind].clamp(now, now + limit.window()) + limit.interval();
        let is_open = |times: &[i64; N]| !is_blocked(limits, times, now);
        self.0.put(key, times, !is_open(&times), is_open);
    }

    /// Number of remembered keys, and the bytes that they take.
    #[cfg(test)]
    pub(super) fn size(&self) -> (usize, usize) {
        (self.0.len(), self.0.bytes())
    }
}

/// Whether a call of any kind would be refused.
fn is_blocked<const N: usize>(limits: &LimitsByKind<N>, times: &[i64; N], now: i64) -> bool {
    let mut pairs = limits.iter().zip(times);
    pairs.any(|(limit, full_at)| {
        limit.is_some_and(|limit| full_at + limit.interval() > now + limit.window())
    })
}

#[cfg(test)]
mod tests {
    use super::{Buckets, Limit, RateLimiter};

    const SECOND: i64 = 1_000_000;
    const START: i64 = 1_800_000_000 * SECOND;
    const TEN_A_MINUTE: Limit = Limit::new(10, 60);

    fn ten_a_minute() -> RateLimiter<u32> {
        RateLimiter::new(TEN_A_MINUTE)
    }

    #[test]
    fn a_whole_burst_may_come_at_once_and_then_one_call_each_interval() {
        let limiter = ten_a_minute();
        for _ in 0..10 {
            assert_eq!(limiter.call(&1, START), Ok(()));
        }
        assert_eq!(limiter.call(&1, START), Err(6));
        assert_eq!(limiter.call(&1, START + 5 * SECOND), Err(1));
        assert_eq!(limiter.call(&1, START + 6 * SECOND), Ok(()));
        assert_eq!(limiter.call(&1, START + 6 * SECOND), Err(6));
    }

    #[test]
    fn a_burst_is_what_may_come_at_once_and_the_rate_is_kept() {
        let limiter = RateLimiter::new(Limit { burst: 10, ..Limit::new(30, 60) });
        (0..10).for_each(|_| limiter.call(&1, START).unwrap());
        assert_eq!(limiter.call(&1, START), Err(2));
        let allowed = (0..60).filter(|second| limiter.call(&1, START + second * SECOND).is_ok());
        assert_eq!(allowed.count(), 29, "one each two seconds, from the second on");
        let rested = START + 3_600 * SECOND;
        assert_eq!((0..100).filter(|_| limiter.call(&1, rested).is_ok()).count(), 10);
    }

    #[test]
    fn after_the_returned_wait_a_call_is_allowed_and_a_refused_call_costs_nothing() {
        let limiter = ten_a_minute();
        (0..10).for_each(|_| limiter.call(&1, START).unwrap());
        let mut now = START + SECOND / 3;
        for _ in 0..100 {
            let wait = limiter.call(&1, now).unwrap_err();
            assert!(limiter.call(&1, now).is_err());
            now += i64::try_from(wait).unwrap() * SECOND;
            assert_eq!(limiter.call(&1, now), Ok(()));
        }
    }

    #[test]
    fn one_key_takes_nothing_from_another() {
        let limiter = ten_a_minute();
        for _ in 0..20 {
            let _ = limiter.call(&1, START);
        }
        assert_eq!(limiter.call(&2, START), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_blocks_for_no_longer_than_an_empty_bucket() {
        let limiter = ten_a_minute();
        (0..10).for_each(|_| limiter.call(&1, START).unwrap());
        assert_eq!(limiter.call(&1, START - 86_400 * SECOND), Err(6));
    }

    #[test]
    fn kinds_of_calls_are_counted_apart_and_a_kind_without_a_limit_never() {
        let (mut buckets, limits) =
            (Buckets::<u32, 3>::new(10), [Some(TEN_A_MINUTE), None, Some(TEN_A_MINUTE)]);
        for kind in 0..3 {
            (0..10).for_each(|_| buckets.count(&limits, kind, &1, START));
        }
        let waits = [0, 1, 2].map(|kind| buckets.check(&limits, kind, &1, START));
        assert_eq!(waits, [Err(6), Ok(()), Err(6)]);
        let later = START + 6 * SECOND;
        buckets.count(&limits, 0, &1, later);
        let waits = [0, 2].map(|kind| buckets.check(&limits, kind, &1, later));
        assert_eq!(waits, [Err(6), Ok(())]);
    }

    #[test]
    fn many_keys_take_bounded_memory_and_a_blocked_key_is_never_forgotten() {
        let (mut buckets, limits) = (Buckets::<u32, 1>::new(100), [Some(TEN_A_MINUTE)]);
        (0..10).for_each(|_| buckets.count(&limits, 0, &0, START));
        for key in 1..10_000 {
            assert!(buckets.check(&limits, 0, &key, START).is_ok());
            buckets.count(&limits, 0, &key, START);
        }
        assert_eq!(buckets.size().0, 100);
        assert!(buckets.check(&limits, 0, &0, START).is_err());
        assert!(buckets.check(&limits, 0, &9_999, START).is_ok());
    }

    #[test]
    fn if_all_remembered_keys_are_blocked_a_new_key_is_allowed_and_no_key_is_forgotten() {
        let (mut buckets, limits) = (Buckets::<u32, 1>::new(3), [Some(TEN_A_MINUTE)]);
        for key in 0..3 {
            (0..10).for_each(|_| buckets.count(&limits, 0, &key, START));
        }
        buckets.count(&limits, 0, &9, START);
        assert!((0..3).all(|key| buckets.check(&limits, 0, &key, START).is_err()));
        // Once one of them has earned a call, it may be forgotten.
        buckets.count(&limits, 0, &9, START + 7 * SECOND);
        assert!(buckets.0.get(&9).is_some());
        assert_eq!(buckets.size().0, 3);
    }
}
