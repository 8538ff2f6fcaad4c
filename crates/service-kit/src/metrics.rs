//! Prometheus metrics, on a listener of their own because they are internal.
//!
//! All names begin with `authpair_`, except those of the process, which are the same for every program.

mod instruments;
mod listener;
mod process;
mod refused_calls;
mod samples;
mod text_format;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::http::Method;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{family::Family, histogram::Histogram, info::Info},
    registry::Registry,
};

pub(crate) use self::listener::serve;
use self::samples::SampleCollector;
pub use self::{
    instruments::{Latency, Outcomes},
    refused_calls::RefusedCallCounters,
    samples::{Sample, SampleValue},
};
use crate::{clock::Clock, logging, trace::is_standard_method};

/// The prefix of all metric names.
const NAMESPACE: &str = "authpair";

/// Upper bounds of the request histogram in seconds: fine below 10 ms, where most requests end, and up to the longest
/// poll.
const REQUEST_BUCKETS: [f64; 12] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 30.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    /// The route's pattern, never the path: a path would give each caller a series of its own.
    route: String,
    status: u16,
}

/// The metrics of a service. Cheap to clone; clones share their values.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    requests: Family<RequestLabels, Histogram, fn() -> Histogram>,
}

fn new_histogram() -> Histogram {
    Histogram::new(REQUEST_BUCKETS)
}

impl Metrics {
    /// The metrics of a service: its requests, the process, and which build of it runs.
    pub fn new(service: &'static str, version: &'static str) -> Self {
        let requests = Family::new_with_constructor(new_histogram as fn() -> Histogram);
        let mut registry = Registry::default();
        let started = Clock::system().seconds();
        registry.register_collector(SampleCollector::boxed(move || process::samples(started)));
        let own = registry.sub_registry_with_prefix(NAMESPACE);
        let help = "Requests by route and status, with their time in seconds";
        own.register("http_request_duration_seconds", help, requests.clone());
        let build = Info::new([("service", service), ("version", version)]);
        own.register("build", "Which build runs", build);
        own.register_collector(SampleCollector::boxed(logging::samples));
        Self { registry: Arc::new(Mutex::new(registry)), requests }
    }

    /// Records one response.
    pub(crate) fn record_request(
        &self,
        method: &Method,
        route: Option<String>,
        status: u16,
        took: Duration,
    ) {
        // All unknown methods are one series.
        let method = if is_standard_method(method) { method.as_str() } else { "other" };
        let route = route.unwrap_or_else(|| "unmatched".to_owned());
        let labels = RequestLabels { method: method.to_owned(), route, status };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Registers counters by result. The name gets the suffix `_total`.
    pub fn register_outcomes(&self, name: &str, help: &str, outcomes: &Outcomes) {
        self.lock().sub_registry_with_prefix(NAMESPACE).register(name, help, outcomes.0.clone());
    }

    /// Registers a histogram of seconds.
    pub fn register_latency(&self, name: &str, help: &str, latency: &Latency) {
        self.lock().sub_registry_with_prefix(NAMESPACE).register(name, help, latency.0.clone());
    }

    /// Registers counters of refused calls by route and reason. The name gets the suffix `_total`.
    pub fn register_refused_calls(&self, name: &str, help: &str, counters: &RefusedCallCounters) {
        self.lock().sub_registry_with_prefix(NAMESPACE).register(name, help, counters.0.clone());
    }

    /// Registers samples that are read at each scrape.
    pub fn register_samples(&self, read: impl Fn() -> Vec<Sample> + Send + Sync + 'static) {
        self.lock()
            .sub_registry_with_prefix(NAMESPACE)
            .register_collector(SampleCollector::boxed(read));
    }

    /// All metrics in the OpenMetrics text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.lock());
        text
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_and_samples_are_read_when_asked_for() {
        let metrics = Metrics::new("test", "1.2.3");
        let took = Duration::from_millis(3);
        metrics.record_request(&Method::GET, Some("/api/items/{id}".to_owned()), 200, took);
        metrics.record_request(&Method::from_bytes(b"BREW").unwrap(), None, 404, took);
        metrics.register_samples(|| {
            vec![
                Sample::gauge("feed_lag_seconds", "Lag", 1.5),
                Sample::counter("polls", "Polls", 7),
                Sample::results("fetches", "Fetches", [("success", 3), ("failed", 2)]),
                Sample {
                    name: "job_failing",
                    help: "Whether the last run failed",
                    value: SampleValue::Gauges("task", vec![("keys", 1.0), ("purge", 0.0)]),
                },
            ]
        });
        let text = metrics.text();
        for line in [
            "authpair_http_request_duration_seconds_count{method=\"GET\",route=\"/api/items/{id}\",status=\"200\"} 1",
            "authpair_http_request_duration_seconds_count{method=\"other\",route=\"unmatched\",status=\"404\"} 1",
            "authpair_feed_lag_seconds 1.5",
            "authpair_polls_total 7",
            "authpair_fetches_total{result=\"success\"} 3",
            "authpair_fetches_total{result=\"failed\"} 2",
            "authpair_job_failing{task=\"keys\"} 1.0",
            "authpair_job_failing{task=\"purge\"} 0.0",
            "authpair_build_info{service=\"test\",version=\"1.2.3\"} 1",
            "process_start_time_seconds ",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
