//! Passes spans to the task that sends them, without waiting.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use opentelemetry::KeyValue;
use opentelemetry_otlp::{Protocol, RetryPolicy, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{SpanData, SpanExporter as _},
};
use tokio::{
    sync::{Notify, mpsc},
    task::JoinHandle,
    time::timeout,
};

use super::{
    ClientSpan, OtlpSettings, SampleRatio,
    batches::{BatchSender, EXPORT_TIMEOUT},
    spans::ServerSpan,
};
use crate::{
    clock::Clock,
    metrics::{Metrics, Outcomes},
};

/// How many spans may wait to be sent; more are dropped.
const QUEUE: usize = 2_048;

/// How long the stop waits for the last spans.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// Why spans cannot be exported.
#[derive(Debug, thiserror::Error)]
#[error("spans cannot be exported: {0}")]
pub struct ExportError(String);

/// Exports spans to a collector (OTLP over HTTP), in batches and in the background. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Exporter {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    queue: mpsc::Sender<SpanData>,
    ratio: SampleRatio,
    /// The system's clock, not the one that tests move: spans of several services are compared.
    clock: Clock,
    span_counts: Outcomes,
    stop: Arc<Notify>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Exporter {
    /// Begins to export the spans of `service`; `None` if the settings turn it off. Needs a tokio runtime. The
    /// collector may start later.
    ///
    /// # Errors
    /// When the HTTP client cannot be made, as https without root certificates.
    pub fn start(
        settings: &OtlpSettings,
        service: &'static str,
        version: &'static str,
    ) -> Result<Option<Self>, ExportError> {
        let Some(endpoint) = &settings.endpoint else { return Ok(None) };
        let mut client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(EXPORT_TIMEOUT);
        if endpoint.url().scheme() == "http" {
            // Without TLS there is nothing to look certificates up for, and a machine may have none.
            client = client.tls_certs_only([]);
        }
        let client = client.build().map_err(|error| ExportError(error.to_string()))?;
        let mut otlp = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(endpoint.to_string())
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(EXPORT_TIMEOUT)
            .with_retry_policy(RetryPolicy::disabled())
            .build()
            .map_err(|error| ExportError(error.to_string()))?;
        let resource = Resource::builder_empty()
            .with_service_name(service)
            .with_attribute(KeyValue::new("service.version", version))
            .with_attribute(KeyValue::new("service.instance.id", uuid::Uuid::new_v4().to_string()));
        otlp.set_resource(&resource.build());
        let (sender, receiver) = mpsc::channel(QUEUE);
        let counts = Outcomes::new(&["exported", "dropped"]);
        let stop = Arc::new(Notify::new());
        let batches = BatchSender::new(receiver, otlp, endpoint.to_string(), counts.clone(), &stop);
        let task = Mutex::new(Some(tokio::spawn(batches.send_all())));
        let ratio = settings.sample_ratio;
        let inner =
            Inner { queue: sender, ratio, clock: Clock::system(), span_counts: counts, stop, task };
        Ok(Some(Self { inner: Arc::new(inner) }))
    }

    /// Whether a new trace with this id is recorded.
    pub fn should_sample(&self, trace_id: u128) -> bool {
        self.inner.ratio.samples(trace_id)
    }

    /// Shows how many spans were exported and dropped.
    pub fn register_metrics(&self, metrics: &Metrics) {
        metrics.register_outcomes(
            "trace_spans",
            "Spans by what became of them",
            &self.inner.span_counts,
        );
    }

    /// Exports the span of a request that has just ended.
    pub(crate) fn record_server_span(&self, request: ServerSpan<'_>) {
        self.enqueue(request.span(self.now()));
    }

    /// Exports the span of a call that has just ended, if its trace is recorded.
    pub fn record_client_span(&self, call: ClientSpan<'_>) {
        if call.trace.sampled {
            self.enqueue(call.span(self.now()));
        }
    }

    /// Sends the spans that are left, for two seconds at most, and ends. Later spans are dropped.
    pub async fn stop(&self) {
        self.inner.stop.notify_one();
        let task = self.inner.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut task) = task else { return };
        if timeout(FLUSH_TIMEOUT, &mut task).await.is_err() {
            task.abort();
            tracing::warn!("the last spans could not be exported in time");
        }
    }

    fn enqueue(&self, span: SpanData) {
        if self.inner.queue.try_send(span).is_err() {
            self.inner.span_counts.add("dropped");
        }
    }

    fn now(&self) -> SystemTime {
        let micros = u64::try_from(self.inner.clock.micros()).unwrap_or(0);
        SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
    }
}
