//! Counters and histograms that code updates directly.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
};

/// Upper bounds in seconds: from a password hash to the time that a request may wait.
const LATENCY_BUCKETS: [f64; 10] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 2.5];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Outcome {
    result: &'static str,
}

/// One counter for each value of the label `result`. Clones share their counts.
#[derive(Clone, Debug)]
pub struct Outcomes(pub(super) Family<Outcome, Counter>);

impl Outcomes {
    /// Creates all counters with 0, so that `rate()` sees the first event.
    pub fn new(results: &[&'static str]) -> Self {
        let family = Family::default();
        for result in results {
            drop(family.get_or_create(&Outcome { result }));
        }
        Self(family)
    }

    /// Adds one. A `result` that was not given to [`Outcomes::new`] is ignored, so that there are never more series.
    pub fn add(&self, result: &'static str) {
        self.add_many(result, 1);
    }

    /// Adds `times`.
    pub fn add_many(&self, result: &'static str, times: usize) {
        if let Some(counter) = self.0.get(&Outcome { result }) {
            counter.inc_by(times as u64);
        }
    }
}

/// How long something took, as a histogram in seconds. Clones share it.
#[derive(Clone, Debug)]
pub struct Latency(pub(super) Histogram);

impl Default for Latency {
    fn default() -> Self {
        Self(Histogram::new(LATENCY_BUCKETS))
    }
}

impl Latency {
    /// Adds one duration.
    pub fn observe(&self, took: Duration) {
        self.0.observe(took.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    #[test]
    fn every_outcome_is_shown_from_the_start_and_no_other_ever() {
        let (metrics, tries) = (Metrics::new("test", "1.2.3"), Outcomes::new(&["good", "bad"]));
        metrics.register_outcomes("tries", "Tries", &tries);
        tries.add("good");
        tries.add("made up");
        let text = metrics.text();
        assert!(text.contains("tries_total{result=\"good\"} 1"), "{text}");
        assert!(text.contains("tries_total{result=\"bad\"} 0"), "{text}");
        assert!(!text.contains("made up"), "{text}");
    }
}
