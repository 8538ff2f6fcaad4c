//! Limits how much of the feed one source may load: a request of 55 bytes can cause an answer of 660 KB.
//!
//! A source has a budget of units that is full again after a minute. A full set costs one unit, and each 64 KiB of any
//! answer one more; a few new entries cost nothing. The budget grows with the feed, so that a verifier can always load
//! all of it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::throttle::Source;

/// Bytes of one unit.
const UNIT_BYTES: usize = 64 * 1024;

/// The budget of a source while the feed is small, in units: 240 restarts a minute of small verifiers behind one
/// address, or 15 MB.
const MIN_BUDGET: u32 = 240;

/// How often a source may load the whole feed within a minute, in addition to [`MIN_BUDGET`].
const FULL_LOADS_PER_MINUTE: u32 = 2;

/// The time after which an empty budget is full again.
const REFILL_TIME: Duration = Duration::from_secs(60);

/// Most sources and networks that are remembered.
const MAX_SPENDERS: usize = 10_000;

/// An IPv6 /48 may be many sources of one subscriber. Together they have this many times the budget of one source.
const NETWORK_FACTOR: u32 = 16;

/// The budgets of sources and of IPv6 networks: for each, the time at which it is full again.
#[derive(Debug)]
pub(super) struct Budget {
    is_on: bool,
    full_at: Mutex<FullAt>,
}

type FullAt = HashMap<Spender, Instant>;

/// Who has a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Spender {
    /// A source.
    Source(Source),
    /// The IPv6 /48 of many sources, which has [`NETWORK_FACTOR`] times the budget of a source.
    Network(Source),
}

/// The cost of an answer of this size, in units.
pub(super) fn cost(bytes: usize, is_full_set: bool) -> u32 {
    units(bytes).saturating_add(u32::from(is_full_set))
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes / UNIT_BYTES).unwrap_or(u32::MAX)
}

impl Budget {
    /// Full budgets. If `is_on` is false, nothing is limited.
    pub(super) fn new(is_on: bool) -> Self {
        Self { is_on, full_at: Mutex::default() }
    }

    /// Charges the cost of an answer if the source and its network have budget left; a cost of 0 only checks. The last
    /// answer may overdraw the budget, because pages have a fixed size. `feed` is the feed's size in bytes.
    ///
    /// # Errors
    /// The whole seconds until there is budget again.
    pub(super) fn charge(
        &self,
        source: Source,
        cost: u32,
        feed: usize,
        now: Instant,
    ) -> Result<(), u64> {
        if !self.is_on || source == Source::Unknown {
            return Ok(());
        }
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let (unit, overdrawn) = (refill_time_of_unit(feed), now + REFILL_TIME);
        let charged = || {
            let network =
                source.network().map(|network| (Spender::Network(network), unit / NETWORK_FACTOR));
            std::iter::once((Spender::Source(source), unit)).chain(network)
        };
        for (spender, _) in charged() {
            let full = full_again(&full_at, spender, now);
            if full >= overdrawn {
                return Err((full - overdrawn).as_secs() + 1);
            }
        }
        for (spender, unit) in charged().filter(|_| cost > 0) {
            if !full_at.contains_key(&spender) {
                make_room(&mut full_at, now, overdrawn)?;
            }
            let full = full_again(&full_at, spender, now);
            full_at.insert(spender, full + unit.saturating_mul(cost));
        }
        Ok(())
    }
}

/// The time in which a source gets one unit back.
fn refill_time_of_unit(feed: usize) -> Duration {
    REFILL_TIME / MIN_BUDGET.saturating_add(units(feed).saturating_mul(FULL_LOADS_PER_MINUTE))
}

fn full_again(full_at: &FullAt, spender: Spender, now: Instant) -> Instant {
    full_at.get(&spender).copied().unwrap_or(now).max(now)
}

/// Forgets a source if there are too many, but never a source without budget: it would get a new budget.
fn make_room(full_at: &mut FullAt, now: Instant, overdrawn: Instant) -> Result<(), u64> {
    if full_at.len() < MAX_SPENDERS {
        return Ok(());
    }
    full_at.retain(|_, full| *full > now);
    if full_at.len() < MAX_SPENDERS {
        return Ok(());
    }
    match full_at.iter().min_by_key(|(_, full)| **full).map(|(source, full)| (*source, *full)) {
        Some((least, full)) if full < overdrawn => {
            full_at.remove(&least);
            Ok(())
        }
        _ => Err(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Source {
        Source::of(Some(text.parse().unwrap()))
    }

    /// How many full sets of this size a source gets before its budget is used up.
    fn full_sets(budget: &Budget, source: &str, bytes: usize, feed: usize, now: Instant) -> usize {
        let take = || budget.charge(address(source), cost(bytes, true), feed, now).is_ok();
        (0..10_000).take_while(|_| take()).count()
    }

    #[test]
    fn a_source_gets_240_small_full_sets_at_once_and_more_after_a_while() {
        let (budget, now) = (Budget::new(true), Instant::now());
        assert_eq!(full_sets(&budget, "192.0.2.1", 300, 300, now), 240);
        assert_eq!(budget.charge(address("192.0.2.1"), 0, 300, now), Err(1));
        assert_eq!(full_sets(&budget, "192.0.2.2", 300, 300, now), 240, "another source");
        let later = now + Duration::from_secs(1);
        assert_eq!(full_sets(&budget, "192.0.2.1", 300, 300, later), 4);
        let much_later = later + Duration::from_secs(3_600);
        assert_eq!(full_sets(&budget, "192.0.2.1", 300, 300, much_later), 240);
    }

    #[test]
    fn large_answers_cost_by_their_size() {
        let (budget, now) = (Budget::new(true), Instant::now());
        // One page of 10,000 entries, which is the whole feed: 660 KB, 11 units.
        let page = 660_000;
        assert_eq!(full_sets(&budget, "192.0.2.1", page, page, now), 24);
        let waits = budget.charge(address("192.0.2.1"), 0, page, now).unwrap_err();
        assert!((1..=3).contains(&waits), "{waits}");
    }

    #[test]
    fn the_whole_feed_can_be_loaded_twice_a_minute_however_large_it_is() {
        let (budget, now) = (Budget::new(true), Instant::now());
        let (page, feed) = (660_000, 66_000_000);
        for load in 0..2 {
            for number in 0..100 {
                let cost = cost(page, number == 0);
                assert!(budget.charge(address("192.0.2.1"), cost, feed, now).is_ok(), "{load}");
            }
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        let (budget, now) = (Budget::new(true), Instant::now());
        assert_eq!(full_sets(&budget, "2001:db8::1", 300, 300, now), 240);
        assert_eq!(full_sets(&budget, "2001:db8::ffff:2", 300, 300, now), 0);
        assert_eq!(full_sets(&budget, "2001:db8:0:1::1", 300, 300, now), 240);
    }

    #[test]
    fn all_sources_of_one_ipv6_48_have_sixteen_budgets_together() {
        let (budget, now) = (Budget::new(true), Instant::now());
        let sources = (0..20).map(|number| format!("2001:db8:0:{number}::1"));
        let sets: usize = sources.map(|source| full_sets(&budget, &source, 300, 300, now)).sum();
        assert_eq!(sets, 16 * 240);
        assert_eq!(full_sets(&budget, "2001:db8:1::1", 300, 300, now), 240, "another network");
    }

    #[test]
    fn a_budget_that_is_off_limits_nothing() {
        let (budget, now) = (Budget::new(false), Instant::now());
        assert_eq!(full_sets(&budget, "192.0.2.1", 300, 300, now), 10_000);
    }

    #[test]
    fn a_few_new_entries_cost_nothing() {
        assert_eq!(cost(UNIT_BYTES - 1, false), 0);
    }

    #[test]
    fn the_number_of_sources_is_bounded_and_a_source_without_budget_is_never_forgotten() {
        let (budget, now) = (Budget::new(true), Instant::now());
        assert_eq!(full_sets(&budget, "192.0.2.1", 300, 300, now), 240);
        for number in 0..30_000_u32 {
            budget.charge(Source::V4(0x0a00_0000 + number), 1, 300, now).unwrap();
        }
        assert!(budget.full_at.lock().unwrap().len() <= MAX_SPENDERS);
        assert!(budget.charge(address("192.0.2.1"), 0, 300, now).is_err());
    }
}
