//! How often calls were refused, by route and by what refused them.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Refusal {
    /// The route's pattern, never the path.
    route: String,
    by: &'static str,
}

/// Counters of refused calls. Clones share their counts.
#[derive(Clone, Debug, Default)]
pub struct Refusals(pub(super) Family<Refusal, Counter>);

impl Refusals {
    /// Creates the counters of these pairs of route and reason with 0, so that `rate()` sees the first event.
    pub fn new<'a>(known: impl IntoIterator<Item = (&'a str, &'static str)>) -> Self {
        let refusals = Self::default();
        for (route, by) in known {
            refusals.add_many(route, by, 0);
        }
        refusals
    }

    /// Adds one refused call. `route` is the pattern of a route.
    pub fn add(&self, route: &str, by: &'static str) {
        self.add_many(route, by, 1);
    }

    fn add_many(&self, route: &str, by: &'static str, times: u64) {
        self.0.get_or_create(&Refusal { route: route.to_owned(), by }).inc_by(times);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    #[test]
    fn refusals_are_shown_by_route_and_reason_and_known_ones_from_the_start() {
        let (metrics, refusals) =
            (Metrics::new("test", "1.2.3"), Refusals::new([("/login", "source")]));
        metrics.register_refusals("rate_limited", "Refused", &refusals);
        refusals.add("/other", "account");
        let text = metrics.text();
        for line in [
            "authpair_rate_limited_total{route=\"/login\",by=\"source\"} 0",
            "authpair_rate_limited_total{route=\"/other\",by=\"account\"} 1",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
