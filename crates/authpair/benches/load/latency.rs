//! How long calls took.

use std::time::Duration;

use authpair_testkit::percentile;
use serde_json::{Value, json};

/// The times of calls, in microseconds.
#[derive(Default)]
pub(crate) struct LatencySamples(Vec<u64>);

impl LatencySamples {
    pub(crate) fn record(&mut self, time: Duration) {
        self.0.push(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The results of a run that took so many seconds.
    #[expect(clippy::cast_precision_loss, reason = "counts and microseconds far below 2^52")]
    pub(crate) fn summary(mut self, seconds: f64) -> Value {
        self.0.sort_unstable();
        let calls = self.0.len();
        let at = |percent| percentile(&self.0, percent).map(|micros| micros as f64 / 1_000.0);
        json!({
            "calls": calls,
            "per_second": calls as f64 / seconds,
            "p50_ms": at(50),
            "p99_ms": at(99),
            "max_ms": at(100),
        })
    }
}
