//! A token bucket for each of many keys, with bounded memory.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
    sync::{Mutex, PoisonError},
};

/// Most keys that one limiter remembers.
const MOST_KEYS: usize = 100_000;

/// At most `calls` calls in `seconds`; all of them may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Number of calls, which is also the size of a burst.
    pub calls: i64,
    /// The time in seconds in which an empty bucket is full again.
    pub seconds: i64,
}

impl Rate {
    /// Microseconds after which one more call is allowed.
    fn interval(self) -> i64 {
        self.seconds * 1_000_000 / self.calls
    }
}

/// Counts calls by key. Times are arguments, in microseconds since the epoch.
///
/// A bucket is stored as the time at which it will be full again (GCRA). When there are too many buckets, those that
/// are full soonest are forgotten first, so other keys cannot unblock a blocked key.
#[derive(Debug)]
pub struct RateLimiter<K> {
    rate: Rate,
    most_keys: usize,
    buckets: Mutex<Buckets<K>>,
}

#[derive(Debug)]
struct Buckets<K> {
    full_at: HashMap<K, i64>,
    by_time: BTreeSet<(i64, K)>,
}

impl<K: Clone + Eq + Hash + Ord> RateLimiter<K> {
    /// A limiter without any calls.
    pub fn new(rate: Rate) -> Self {
        let buckets = Buckets { full_at: HashMap::new(), by_time: BTreeSet::new() };
        Self { rate, most_keys: MOST_KEYS, buckets: Mutex::new(buckets) }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// The whole seconds after which the next call is allowed. A refused call is not counted.
    pub fn call(&self, key: K, now: i64) -> Result<(), u64> {
        let interval = self.rate.interval();
        let burst = interval * self.rate.calls;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let before = buckets.full_at.get(&key).copied();
        // A clock that was set back must not block for longer than an empty bucket does.
        let full_at = before.map_or(now, |at| at.clamp(now, now + burst));
        let after = full_at + interval;
        if after > now + burst {
            let wait = after - now - burst;
            return Err(u64::try_from(wait).unwrap_or(0).div_ceil(1_000_000).max(1));
        }
        if let Some(before) = before {
            buckets.by_time.remove(&(before, key.clone()));
        } else if buckets.full_at.len() >= self.most_keys
            && !buckets.forget_one(now + burst - interval)
        {
            // All keys in memory are blocked: this call is allowed and not counted.
            return Ok(());
        }
        buckets.by_time.insert((after, key.clone()));
        buckets.full_at.insert(key, after);
        Ok(())
    }
}

impl<K: Clone + Eq + Hash + Ord> Buckets<K> {
    /// Forgets the bucket that is full soonest, unless it is blocked: full only after `blocked_after`.
    fn forget_one(&mut self, blocked_after: i64) -> bool {
        match self.by_time.first().cloned() {
            Some((full_at, key)) if full_at <= blocked_after => {
                self.by_time.pop_first();
                self.full_at.remove(&key);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rate, RateLimiter};

    const SECOND: i64 = 1_000_000;
    const START: i64 = 1_800_000_000 * SECOND;

    fn ten_a_minute() -> RateLimiter<u32> {
        RateLimiter::new(Rate { calls: 10, seconds: 60 })
    }

    #[test]
    fn a_burst_is_allowed_and_then_one_call_in_each_interval() {
        let limiter = ten_a_minute();
        for _ in 0..10 {
            assert_eq!(limiter.call(1, START), Ok(()));
        }
        assert_eq!(limiter.call(1, START), Err(6));
        assert_eq!(limiter.call(1, START + 5 * SECOND), Err(1));
        assert_eq!(limiter.call(1, START + 6 * SECOND), Ok(()));
        assert_eq!(limiter.call(1, START + 6 * SECOND), Err(6));
    }

    #[test]
    fn the_time_that_a_refusal_names_is_enough_and_a_refused_call_costs_nothing() {
        let limiter = ten_a_minute();
        (0..10).for_each(|_| limiter.call(1, START).unwrap());
        let mut now = START + SECOND / 3;
        for _ in 0..100 {
            let wait = limiter.call(1, now).unwrap_err();
            assert!(limiter.call(1, now).is_err());
            now += i64::try_from(wait).unwrap() * SECOND;
            assert_eq!(limiter.call(1, now), Ok(()));
        }
    }

    #[test]
    fn one_key_takes_nothing_from_another() {
        let limiter = ten_a_minute();
        for _ in 0..20 {
            let _ = limiter.call(1, START);
        }
        assert_eq!(limiter.call(2, START), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_blocks_for_no_longer_than_an_empty_bucket() {
        let limiter = ten_a_minute();
        (0..10).for_each(|_| limiter.call(1, START).unwrap());
        assert_eq!(limiter.call(1, START - 86_400 * SECOND), Err(6));
    }

    #[test]
    fn other_keys_take_bounded_memory_and_do_not_unblock_a_blocked_key() {
        let limiter = RateLimiter { most_keys: 100, ..ten_a_minute() };
        (0..10).for_each(|_| limiter.call(0, START).unwrap());
        for key in 1..10_000 {
            assert_eq!(limiter.call(key, START), Ok(()));
        }
        let remembered = limiter.buckets.lock().unwrap().full_at.len();
        assert_eq!((remembered, limiter.buckets.lock().unwrap().by_time.len()), (100, 100));
        assert!(limiter.call(0, START).is_err());
    }

    #[test]
    fn when_all_remembered_keys_are_blocked_a_new_key_is_allowed_and_unblocks_none() {
        let limiter = RateLimiter { most_keys: 3, ..ten_a_minute() };
        for key in 0..3 {
            (0..10).for_each(|_| limiter.call(key, START).unwrap());
        }
        assert_eq!(limiter.call(9, START), Ok(()));
        assert!((0..3).all(|key| limiter.call(key, START).is_err()));
        // Once one of them may call again, it may be forgotten.
        assert_eq!(limiter.call(9, START + 7 * SECOND), Ok(()));
        assert_eq!(limiter.buckets.lock().unwrap().full_at.len(), 3);
    }
}
