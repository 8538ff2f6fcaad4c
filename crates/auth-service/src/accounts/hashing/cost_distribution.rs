//! Counts how many stored hashes have each cost.
//!
//! The duration of a check depends on the parameters of the hash. If the check for a missing account always used the
//! current parameters, any other duration would show that the account exists. So a missing account gets parameters that
//! are sampled by its key from the distribution in the table. Then the duration does not show whether the account
//! exists.

use std::collections::BTreeMap;

use super::stored_hash::{HashCost, StoredHash, has_no_password};
use crate::throttle::AttemptKey;

/// Maximum number of different costs that are kept: the most frequent ones. Only a table that was tampered with has
/// more.
const MAX_COSTS: usize = 64;

/// Number of stored hashes by cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HashCostDistribution {
    /// Ordered by cost, lowest first. So while real accounts move one by one to a higher cost, the sampled costs of
    /// missing accounts move with them.
    counts: BTreeMap<HashCost, u64>,
    /// Number of hashes that this service cannot check: their users cannot sign in with a password.
    unusable: u64,
}

impl HashCostDistribution {
    /// Counts one stored hash. An account without a password is not counted.
    pub fn add(&mut self, text: &str) {
        match StoredHash::parse(text) {
            Ok(stored) => *self.counts.entry(stored.cost()).or_default() += 1,
            Err(_) if has_no_password(text) => {}
            Err(_) => self.unusable += 1,
        }
    }

    /// Number of hashes that this service cannot check.
    pub fn unusable(&self) -> u64 {
        self.unusable
    }

    /// The cost for a missing account; `None` if there are no stored hashes.
    pub(super) fn sample(&self, account: AttemptKey) -> Option<HashCost> {
        let total: u64 = self.counts.values().sum();
        // Uniform from 0 to the total: the upper half of a product of 64 and 64 bits.
        let scaled = (u128::from(account.sampling_value()) * u128::from(total)) >> 64;
        let mut passed = 0;
        let mut sampled = self.counts.iter().filter(|(_, count)| {
            passed += u128::from(**count);
            scaled < passed
        });
        sampled.next().map(|(cost, _)| *cost)
    }

    /// The text form for the database: a count and a cost on each line.
    pub fn to_text(&self) -> String {
        let mut counts: Vec<_> = self.counts.iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let kept = counts.into_iter().take(MAX_COSTS);
        kept.map(|(cost, count)| format!("{count} {}\n", cost.to_text())).collect()
    }

    /// Reads the text form. Lines that cannot be read are left out.
    pub fn from_text(text: &str) -> Self {
        let counts = text.lines().filter_map(|line| {
            let (count, cost) = line.split_once(' ')?;
            Some((HashCost::from_text(cost)?, count.parse().ok()?))
        });
        Self { counts: counts.collect(), unusable: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::{HashCost, HashCostDistribution};
    use crate::{accounts::LoginName, throttle::AttemptKeys};

    const TAIL: &str = "$c2l4dGVlbiBieXRlIHNhbA$6+dmx/14byIeFGwkqs+oktKxDzfEhWnfmJd/wMER4H8";
    const WEAK: &str = "$argon2id$v=19$m=4096,t=1,p=1";
    const USUAL: &str = "$argon2id$v=19$m=19456,t=2,p=1";
    const STRONG: &str = "$argon2id$v=19$m=65536,t=3,p=1";

    fn distribution(counts: &[(&str, usize)]) -> HashCostDistribution {
        let mut distribution = HashCostDistribution::default();
        for (cost, count) in counts {
            (0..*count).for_each(|_| distribution.add(&format!("{cost}{TAIL}")));
        }
        distribution
    }

    /// How many of 10,000 names get each cost.
    fn sampled(distribution: &HashCostDistribution, cost: &str) -> usize {
        let keys = AttemptKeys::new(b"secret");
        let names = (0..10_000).map(|number| LoginName::of_username(&format!("nobody{number}")));
        let costs = names.map(|name| distribution.sample(name.attempt_key(&keys)));
        costs.filter(|sampled| *sampled == HashCost::from_text(cost)).count()
    }

    #[test]
    fn names_get_each_cost_in_the_proportion_of_the_table() {
        let distribution = distribution(&[(WEAK, 60), (USUAL, 30), (STRONG, 10)]);
        for (cost, expected) in [(WEAK, 6_000), (USUAL, 3_000), (STRONG, 1_000)] {
            // Four standard deviations of 10,000 draws are 200 at most.
            assert!(
                sampled(&distribution, cost).abs_diff(expected) < 200,
                "{cost}: {}",
                sampled(&distribution, cost)
            );
        }
    }

    #[test]
    fn a_cost_that_no_account_has_is_never_sampled_and_a_table_with_one_cost_gives_no_other() {
        assert_eq!(sampled(&distribution(&[(WEAK, 1)]), WEAK), 10_000);
        assert_eq!(sampled(&distribution(&[(WEAK, 1), (STRONG, 2)]), USUAL), 0);
    }

    #[test]
    fn one_name_gets_the_same_cost_each_time_and_in_each_process() {
        let distribution = distribution(&[(WEAK, 1), (USUAL, 1), (STRONG, 1)]);
        let read = HashCostDistribution::from_text(&distribution.to_text());
        for number in 0..100 {
            let name = LoginName::of_username(&format!("nobody{number}"));
            let [one, other] = [(); 2].map(|()| name.attempt_key(&AttemptKeys::new(b"shared")));
            assert_eq!(distribution.sample(one), read.sample(other));
        }
    }

    #[test]
    fn while_a_table_gets_stronger_hashes_no_name_gets_a_lower_cost_than_before() {
        let keys = AttemptKeys::new(b"secret");
        for number in 0..200 {
            let name = LoginName::of_username(&format!("nobody{number}")).attempt_key(&keys);
            let mut before = None;
            for strong in 0..=20 {
                let now = distribution(&[(WEAK, 20 - strong), (STRONG, strong)]).sample(name);
                assert!(before <= now);
                before = now;
            }
        }
    }

    #[test]
    fn hashes_that_are_never_run_are_counted_separately_and_never_sampled() {
        let mut distribution = distribution(&[(USUAL, 1)]);
        distribution.add("rubbish");
        distribution.add(&format!("$argon2id$v=19$m=4294967295,t=1,p=1{TAIL}"));
        assert_eq!(distribution.unusable(), 2);
        distribution.add("!");
        assert_eq!(distribution.unusable(), 2, "an account without a password is no error");
        assert_eq!(sampled(&distribution, USUAL), 10_000);
    }

    #[test]
    fn hashes_of_other_systems_are_sampled_like_our_own() {
        let tag = "00".repeat(64);
        let mut distribution = distribution(&[(USUAL, 30)]);
        (0..60).for_each(|_| distribution.add(&format!("scrypt:32768:8:1$salt${tag}")));
        let tag = "00".repeat(32);
        (0..10).for_each(|_| distribution.add(&format!("pbkdf2:sha256:260000$salt${tag}")));
        for (cost, expected) in
            [(USUAL, 3_000), ("scrypt:15:8:1", 6_000), ("pbkdf2:sha256:260000", 1_000)]
        {
            let found = sampled(&distribution, cost);
            assert!(found.abs_diff(expected) < 200, "{cost}: {found}");
        }
        assert_eq!(HashCostDistribution::from_text(&distribution.to_text()), distribution);
    }

    #[test]
    fn without_hashes_nothing_is_sampled() {
        let name = AttemptKeys::new(b"secret").of_user("x");
        assert_eq!(HashCostDistribution::default().sample(name), None);
    }

    #[test]
    fn text_that_was_tampered_with_is_left_out() {
        let text = format!("3 {USUAL}\nx {USUAL}\n5\n7 $argon2id$v=19$m=9999999,t=1,p=1\n\n");
        assert_eq!(HashCostDistribution::from_text(&text), distribution(&[(USUAL, 3)]));
    }
}
