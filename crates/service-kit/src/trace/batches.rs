//! The task that sends spans. While the collector is unavailable, spans are dropped and two lines are logged;
//! requests are not affected.

use std::{sync::Arc, time::Duration};

use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep, sleep_until},
};

use crate::metrics::Outcomes;

/// How many spans go in one call.
const BATCH: usize = 512;

/// How long the first span of a batch waits for further ones.
const MAX_BATCH_DELAY: Duration = Duration::from_secs(1);

/// The longest that one call takes.
pub(super) const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// The pause after a failed export.
const RETRY_PAUSE: Duration = Duration::from_secs(5);

pub(super) struct BatchSender {
    queue: mpsc::Receiver<SpanData>,
    sender: SpanExporter,
    endpoint: String,
    counts: Outcomes,
    stop: Arc<Notify>,
    failing: bool,
    stopping: bool,
}

impl BatchSender {
    pub(super) fn new(
        queue: mpsc::Receiver<SpanData>,
        sender: SpanExporter,
        endpoint: String,
        counts: Outcomes,
        stop: &Arc<Notify>,
    ) -> Self {
        let stop = Arc::clone(stop);
        Self { queue, sender, endpoint, counts, stop, failing: false, stopping: false }
    }

    /// Sends batches until the stop, and then the spans that are left.
    pub(super) async fn send_all(mut self) {
        loop {
            let batch = self.gather().await;
            if batch.is_empty() {
                return;
            }
            let spans = batch.len();
            let sent = self.sender.export(batch).await.map_err(|error| error.to_string());
            self.note(spans, &sent);
            if sent.is_err() && !self.stopping {
                tokio::select! {
                    () = sleep(RETRY_PAUSE) => {}
                    () = self.stop.notified() => self.close(),
                }
            }
        }
    }

    /// The next batch; empty only at the end.
    async fn gather(&mut self) -> Vec<SpanData> {
        let (mut batch, mut batch_ends) = (Vec::new(), None);
        while batch.len() < BATCH {
            let room = BATCH - batch.len();
            let deadline = batch_ends.unwrap_or_else(Instant::now);
            tokio::select! {
                got = self.queue.recv_many(&mut batch, room) => match got {
                    0 => break,
                    _ => batch_ends = batch_ends.or_else(|| Some(Instant::now() + MAX_BATCH_DELAY)),
                },
                () = sleep_until(deadline), if batch_ends.is_some() => break,
                () = self.stop.notified(), if !self.stopping => self.close(),
            }
        }
        batch
    }

    /// Spans that are already in the queue are still received.
    fn close(&mut self) {
        self.stopping = true;
        self.queue.close();
    }

    fn note(&mut self, spans: usize, sent: &Result<(), String>) {
        let result = if sent.is_ok() { "exported" } else { "dropped" };
        self.counts.add_many(result, spans);
        let endpoint = &self.endpoint;
        match sent {
            // Logged once per outage.
            Err(error) if !self.failing => {
                tracing::warn!(endpoint, error, "spans cannot be exported and are dropped");
            }
            Ok(()) if self.failing => tracing::info!(endpoint, "spans are exported again"),
            _ => {}
        }
        self.failing = sent.is_err();
    }
}
