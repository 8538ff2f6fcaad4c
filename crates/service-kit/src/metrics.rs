//! Prometheus metrics, on a listener of their own: they are for operators, not for callers.

mod instruments;
mod listener;
mod process;
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
pub use self::{
    instruments::{Latency, Outcomes},
    samples::{Sample, Value},
};
use crate::{clock::Clock, logging, trace::is_known};

/// Upper bounds of the latency histogram, in seconds.
const BUCKETS: [f64; 12] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 30.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: String,
    /// The route's pattern, never the path: a path would give each caller a series of its own.
    route: String,
    status: u16,
}

/// What is counted. Cheap to clone; clones agree.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    requests: Family<Answered, Histogram, fn() -> Histogram>,
}

fn new_histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Metrics {
    /// The metrics of a service: its requests, the process, and which build of it runs.
    pub fn new(service: &'static str, version: &'static str) -> Self {
        let requests = Family::new_with_constructor(new_histogram as fn() -> Histogram);
        let mut registry = Registry::default();
        let help = "Requests by route and status, with their time in seconds";
        registry.register("http_request_duration_seconds", help, requests.clone());
        let build = Info::new([("service", service), ("version", version)]);
        registry.register("build", "Which build runs", build);
        let metrics = Self { registry: Arc::new(Mutex::new(registry)), requests };
        let started = Clock::system().seconds();
        metrics.observe(move || process::samples(started));
        metrics.observe(logging::samples);
        metrics
    }

    /// Counts one answer.
    pub(crate) fn answered(
        &self,
        method: &Method,
        route: Option<String>,
        status: u16,
        took: Duration,
    ) {
        // A made-up method is one series, too.
        let method = if is_known(method) { method.as_str() } else { "other" };
        let route = route.unwrap_or_else(|| "unmatched".to_owned());
        let labels = Answered { method: method.to_owned(), route, status };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Shows how often something ended in each of its ways. `_total` is put behind the name.
    pub fn show_outcomes(&self, name: &str, help: &str, outcomes: &Outcomes) {
        self.lock().register(name, help, outcomes.0.clone());
    }

    /// Shows how long something took, in seconds.
    pub fn show_latency(&self, name: &str, help: &str, timings: &Latency) {
        self.lock().register(name, help, timings.0.clone());
    }

    /// Adds samples that are read when somebody looks.
    pub fn observe(&self, read: impl Fn() -> Vec<Sample> + Send + Sync + 'static) {
        self.lock().register_collector(Box::new(samples::SampleCollector(Box::new(read))));
    }

    /// All of it, in the OpenMetrics text format.
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
    fn answers_are_counted_by_route_and_figures_are_read_when_asked_for() {
        let metrics = Metrics::new("users-api", "1.2.3");
        let took = Duration::from_millis(3);
        metrics.answered(&Method::GET, Some("/api/users/{id}".to_owned()), 200, took);
        metrics.answered(&Method::from_bytes(b"BREW").unwrap(), None, 404, took);
        metrics.observe(|| {
            vec![
                Sample::gauge("feed_lag_seconds", "Lag", 1.5),
                Sample::counter("polls", "Polls", 7),
            ]
        });
        let text = metrics.text();
        for line in [
            "http_request_duration_seconds_count{method=\"GET\",route=\"/api/users/{id}\",status=\"200\"} 1",
            "http_request_duration_seconds_count{method=\"other\",route=\"unmatched\",status=\"404\"} 1",
            "feed_lag_seconds 1.5",
            "polls_total 7",
            "build_info{service=\"users-api\",version=\"1.2.3\"} 1",
            "process_start_time_seconds ",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
