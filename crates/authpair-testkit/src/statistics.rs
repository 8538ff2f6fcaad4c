//! What the measurements say about many times.

/// The time that so many percent of the others do not exceed: the median with 50, the longest with 100. Between two
/// times it is the longer one. `None` without times.
pub fn percentile<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let index = (sorted.len().saturating_sub(1) * percent).div_ceil(100);
    sorted.get(index).copied()
}

/// The median of times in any order; not a number without times.
pub fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    percentile(&sorted, 50).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_times_a_percentile_is_the_longer_one() {
        let sorted = [1, 2, 3, 4];
        let found = [0, 1, 50, 99, 100].map(|percent| percentile(&sorted, percent));
        assert_eq!(found, [Some(1), Some(2), Some(3), Some(4), Some(4)]);
        assert_eq!(percentile::<u64>(&[], 50), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
    }
}
