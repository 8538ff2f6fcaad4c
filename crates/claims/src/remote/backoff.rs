//! Pauses between attempts, spread so that many verifiers do not come back at the same moment.

use std::time::Duration;

/// The pause after the `failures`-th failure in a row: `first`, doubled each time up to `longest`,
/// then shortened by up to a quarter at random.
pub(super) fn backoff(first: Duration, longest: Duration, failures: u32) -> Duration {
    let doubled = first.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(longest).mul_f64(between(0.75, 1.0))
}

/// Whether the `failures`-th failure in a row is worth a warning: the first, second, fourth, eighth and so on,
/// so that an unavailable issuer does not fill the log.
pub(super) fn is_worth_a_warning(failures: u32) -> bool {
    failures.is_power_of_two()
}

/// A random factor.
pub(super) fn between(low: f64, high: f64) -> f64 {
    low + (high - low) * rand::random::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_stay_within_their_bounds() {
        let (first, longest) = (Duration::from_millis(200), Duration::from_secs(5));
        for failures in 0..100 {
            let pause = backoff(first, longest, failures);
            let full = first * (1 << failures.saturating_sub(1).min(5));
            assert!(pause >= full.min(longest).mul_f64(0.74), "{failures}: {pause:?}");
            assert!(pause <= longest, "{failures}: {pause:?}");
        }
    }
}
