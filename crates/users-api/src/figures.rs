//! What `/metrics` shows beside the requests: keys, the feed of revocations, the database.

use claims::remote::RemoteVerifier;
use service_kit::{
    database::Database,
    metrics::{Figure, Metrics, Value},
};

/// The metrics of the service.
pub fn figures(database: Database, verifier: RemoteVerifier) -> Metrics {
    let metrics = Metrics::default();
    metrics.observe(move || {
        let (busy, open) = database.pool_state();
        let status = verifier.status();
        let mut figures = vec![
            gauge("database_connections_busy", "Database connections in use", busy.into()),
            gauge("database_connections", "Database connections open", open.into()),
            gauge("jwks_keys", "Keys held", count(status.keys.count)),
            counter("jwks_refreshes", "Key sets fetched", status.keys.refreshes_ok),
            counter(
                "jwks_refreshes_failed",
                "Key sets that could not be fetched",
                status.keys.refreshes_failed,
            ),
        ];
        figures.extend(status.keys.age.map(|age| {
            gauge("jwks_age_seconds", "Seconds since the issuer last confirmed the keys", age)
        }));
        if let Some(feed) = status.feed {
            figures.extend([
                gauge(
                    "revocation_feed_lag_seconds",
                    "Seconds since the feed's last answer",
                    feed.lag,
                ),
                gauge(
                    "revocation_feed_connected",
                    "Whether the last poll succeeded",
                    f64::from(u8::from(feed.connected)),
                ),
                gauge("revoked_sessions", "Revoked sessions held", count(feed.entries)),
                counter("revocation_polls", "Polls answered", feed.polls_ok),
                counter("revocation_polls_failed", "Polls that failed", feed.polls_failed),
            ]);
        }
        figures
    });
    metrics
}

fn gauge(name: &'static str, help: &'static str, value: f64) -> Figure {
    Figure { name, help, value: Value::Gauge(value) }
}

fn counter(name: &'static str, help: &'static str, value: u64) -> Figure {
    Figure { name, help, value: Value::Counter(value) }
}

#[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
fn count(number: usize) -> f64 {
    number as f64
}
