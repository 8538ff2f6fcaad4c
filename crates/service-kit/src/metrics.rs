//! Prometheus metrics, on a listener of their own: they are for operators, not for callers.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::Method,
    middleware::from_fn,
    web::{self, Data},
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text::encode},
    metrics::{counter::ConstCounter, family::Family, gauge::ConstGauge, histogram::Histogram},
    registry::{Metric, Registry},
};

use crate::http::{Endpoint, envelope, not_found};

/// The text format that Prometheus reads.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

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

impl Default for Metrics {
    fn default() -> Self {
        let requests = Family::new_with_constructor(new_histogram as fn() -> Histogram);
        let mut registry = Registry::default();
        let help = "Requests by route and status, with their time in seconds";
        registry.register("http_request_duration_seconds", help, requests.clone());
        Self { registry: Arc::new(Mutex::new(registry)), requests }
    }
}

fn new_histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Metrics {
    /// Counts one answer.
    pub(crate) fn answered(
        &self,
        method: &Method,
        route: Option<String>,
        status: u16,
        took: Duration,
    ) {
        // A made-up method is one series, too.
        let known = [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ];
        let method = if known.contains(method) { method.as_str() } else { "other" };
        let route = route.unwrap_or_else(|| "unmatched".to_owned());
        let labels = Answered { method: method.to_owned(), route, status };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Adds a metric that counts by itself.
    pub fn register(&self, name: &str, help: &str, metric: impl Metric) {
        self.lock().register(name, help, metric);
    }

    /// Adds figures that are read when somebody looks.
    pub fn observe(&self, read: impl Fn() -> Vec<Figure> + Send + Sync + 'static) {
        self.lock().register_collector(Box::new(Figures(Box::new(read))));
    }

    /// All of it, as Prometheus reads it.
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

/// One figure of the moment.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// The metric's name.
    pub name: &'static str,
    /// What it means, with its unit.
    pub help: &'static str,
    /// Its value.
    pub value: Value,
}

/// A figure's value.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// It goes up and down.
    Gauge(f64),
    /// It only goes up.
    Counter(u64),
}

struct Figures(Box<dyn Fn() -> Vec<Figure> + Send + Sync>);

impl std::fmt::Debug for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Figures")
    }
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        for Figure { name, help, value } in (self.0)() {
            match value {
                Value::Gauge(value) => {
                    let metric = ConstGauge::new(value);
                    metric.encode(encoder.encode_descriptor(
                        name,
                        help,
                        None,
                        metric.metric_type(),
                    )?)?;
                }
                Value::Counter(value) => {
                    let metric = ConstCounter::new(value);
                    metric.encode(encoder.encode_descriptor(
                        name,
                        help,
                        None,
                        metric.metric_type(),
                    )?)?;
                }
            }
        }
        Ok(())
    }
}

/// Serves `/metrics` on its own address.
///
/// # Errors
/// When the address cannot be bound.
pub(crate) fn serve(address: SocketAddr, metrics: &Metrics) -> io::Result<ServerHandle> {
    let metrics = Data::new(metrics.clone());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(metrics.clone())
            .service(Endpoint::at("/metrics").get(get_metrics))
            .default_service(web::to(not_found))
            .wrap(from_fn(envelope))
    })
    .workers(1)
    .disable_signals()
    .bind(address)
    .map_err(|error| {
        io::Error::new(error.kind(), format!("METRICS_LISTEN: cannot listen on {address}: {error}"))
    })?
    .run();
    let handle = server.handle();
    tokio::spawn(server);
    Ok(handle)
}

async fn get_metrics(metrics: Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().content_type(OPENMETRICS).body(metrics.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_route_and_figures_are_read_when_asked_for() {
        let metrics = Metrics::default();
        let took = Duration::from_millis(3);
        metrics.answered(&Method::GET, Some("/api/users/{id}".to_owned()), 200, took);
        metrics.answered(&Method::from_bytes(b"BREW").unwrap(), None, 404, took);
        metrics.observe(|| {
            vec![
                Figure { name: "feed_lag_seconds", help: "Lag", value: Value::Gauge(1.5) },
                Figure { name: "polls", help: "Polls", value: Value::Counter(7) },
            ]
        });
        let text = metrics.text();
        for line in [
            "http_request_duration_seconds_count{method=\"GET\",route=\"/api/users/{id}\",status=\"200\"} 1",
            "http_request_duration_seconds_count{method=\"other\",route=\"unmatched\",status=\"404\"} 1",
            "feed_lag_seconds 1.5",
            "polls_total 7",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
