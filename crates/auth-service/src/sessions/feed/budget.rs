//! Limits how much of the feed one source may load: a request of 55 bytes can cause an answer of 660 KB.
//!
//! A source has a budget of units that is full again after a minute. A full set costs one unit, and each 64 KiB of any
//! answer one more; a few new entries cost nothing. The budget grows with the feed, so that a verifier can always load
//! all of it.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Bytes of one unit.
const UNIT_BYTES: usize = 64 * 1024;

/// The budget of a source while the feed is small, in units: 240 restarts a minute of small verifiers behind one
/// address, or 15 MB.
const MIN_BUDGET: u32 = 240;

/// How often a source may load the whole feed within a minute, in addition to [`MIN_BUDGET`].
const FULL_LOADS_PER_MINUTE: u32 = 2;

/// The time after which an empty budget is full again.
const REFILL_TIME: Duration = Duration::from_secs(60);

/// Most sources that are remembered.
const MAX_SOURCES: usize = 10_000;

/// The budgets of sources: for each, the time at which it is full again.
#[derive(Debug, Default)]
pub(super) struct Budget {
    full_at: Mutex<HashMap<IpAddr, Instant>>,
}

/// The cost of an answer of this size, in units.
pub(super) fn cost(bytes: usize, is_full_set: bool) -> u32 {
    units(bytes).saturating_add(u32::from(is_full_set))
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes / UNIT_BYTES).unwrap_or(u32::MAX)
}

impl Budget {
    /// Charges the cost of an answer if the source has budget left; a cost of 0 only checks. The last answer may
    /// overdraw the budget, because pages have a fixed size. `feed` is the feed's size in bytes.
    ///
    /// # Errors
    /// The whole seconds until there is budget again.
    pub(super) fn charge(
        &self,
        source: Option<IpAddr>,
        cost: u32,
        feed: usize,
        now: Instant,
    ) -> Result<(), u64> {
        let Some(source) = source.map(network) else { return Ok(()) };
        let unit = REFILL_TIME
            / MIN_BUDGET.saturating_add(units(feed).saturating_mul(FULL_LOADS_PER_MINUTE));
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let overdrawn = now + REFILL_TIME;
        let full = full_at.get(&source).copied().unwrap_or(now).max(now);
        if full >= overdrawn {
            return Err((full - overdrawn).as_secs() + 1);
        }
        if cost > 0 {
            if !full_at.contains_key(&source) {
                make_room(&mut full_at, now, overdrawn)?;
            }
            full_at.insert(source, full + unit.saturating_mul(cost));
        }
        Ok(())
    }
}

/// Forgets a source if there are too many, but never a source without budget: it would get a new budget.
fn make_room(
    full_at: &mut HashMap<IpAddr, Instant>,
    now: Instant,
    overdrawn: Instant,
) -> Result<(), u64> {
    if full_at.len() < MAX_SOURCES {
        return Ok(());
    }
    full_at.retain(|_, full| *full > now);
    if full_at.len() < MAX_SOURCES {
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

/// The /64 of an IPv6 address: one subscriber usually has all of its addresses.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    /// How many full sets of this size a source gets before its budget is used up.
    fn full_sets(budget: &Budget, source: &str, bytes: usize, feed: usize, now: Instant) -> usize {
        let take = || budget.charge(address(source), cost(bytes, true), feed, now).is_ok();
        (0..10_000).take_while(|_| take()).count()
    }

    #[test]
    fn a_source_gets_240_small_full_sets_at_once_and_more_after_a_while() {
        let (budget, now) = (Budget::default(), Instant::now());
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
        let (budget, now) = (Budget::default(), Instant::now());
        // One page of 10,000 entries, which is the whole feed: 660 KB, 11 units.
        let page = 660_000;
        assert_eq!(full_sets(&budget, "192.0.2.1", page, page, now), 24);
        let waits = budget.charge(address("192.0.2.1"), 0, page, now).unwrap_err();
        assert!((1..=3).contains(&waits), "{waits}");
    }

    #[test]
    fn the_whole_feed_can_be_loaded_twice_a_minute_however_large_it_is() {
        let (budget, now) = (Budget::default(), Instant::now());
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
        let (budget, now) = (Budget::default(), Instant::now());
        assert_eq!(full_sets(&budget, "2001:db8::1", 300, 300, now), 240);
        assert_eq!(full_sets(&budget, "2001:db8::ffff:2", 300, 300, now), 0);
        assert_eq!(full_sets(&budget, "2001:db8:0:1::1", 300, 300, now), 240);
    }

    #[test]
    fn a_few_new_entries_cost_nothing() {
        assert_eq!(cost(UNIT_BYTES - 1, false), 0);
    }

    #[test]
    fn the_number_of_sources_is_bounded_and_a_source_without_budget_is_never_forgotten() {
        let (budget, now) = (Budget::default(), Instant::now());
        assert_eq!(full_sets(&budget, "192.0.2.1", 300, 300, now), 240);
        for number in 0..30_000_u32 {
            let source = IpAddr::from((0x0a00_0000 + number).to_be_bytes());
            budget.charge(Some(source), 1, 300, now).unwrap();
        }
        assert!(budget.full_at.lock().unwrap().len() <= MAX_SOURCES);
        assert!(budget.charge(address("192.0.2.1"), 0, 300, now).is_err());
    }
}
