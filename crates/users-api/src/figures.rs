//! What `/metrics` shows beside the requests: keys, the feed of revocations, the database.

use claims::remote::{FeedStatus, RemoteVerifier};
use database::Database;
use service_kit::{
    metrics::{Figure, Metrics},
    trace::Exporter,
};

/// The metrics of the service.
pub fn figures(database: Database, verifier: RemoteVerifier, traces: Option<&Exporter>) -> Metrics {
    let metrics = Metrics::new("users-api", service_kit::version());
    if let Some(traces) = traces {
        traces.show(&metrics);
    }
    metrics.observe(move || database.figures());
    metrics.observe(move || {
        let status = verifier.status();
        let keys = status.keys;
        let failed = "Key sets that could not be fetched";
        let mut figures = vec![
            Figure::count("jwks_keys", "Keys held", keys.count),
            Figure::counter("jwks_refreshes", "Key sets fetched", keys.refreshes_ok),
            Figure::counter("jwks_refreshes_failed", failed, keys.refreshes_failed),
        ];
        let age = "Seconds since the issuer last confirmed the keys";
        figures.extend(keys.age.map(|seconds| Figure::gauge("jwks_age_seconds", age, seconds)));
        figures.extend(status.feed.iter().flat_map(feed));
        figures
    });
    metrics
}

fn feed(feed: &FeedStatus) -> [Figure; 6] {
    let lag =
        "Seconds since the feed's last answer; a poll that is held counts once it is answered";
    let refused = "Polls that auth-service refused: the secret is missing or wrong";
    let connected = "Whether the last poll succeeded";
    [
        Figure::gauge("revocation_feed_lag_seconds", lag, feed.lag),
        Figure::flag("revocation_feed_connected", connected, feed.connected),
        Figure::count("revoked_sessions", "Revoked sessions held", feed.entries),
        Figure::counter("revocation_polls", "Polls answered", feed.polls_ok),
        Figure::counter("revocation_polls_failed", "Polls that failed", feed.polls_failed),
        Figure::counter("revocation_polls_unauthorized", refused, feed.polls_unauthorized),
    ]
}
