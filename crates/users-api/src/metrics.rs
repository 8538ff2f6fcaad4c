//! What `/metrics` shows beside the requests: keys, the feed of revocations, the database.

use claims::remote::{FeedStatus, RemoteVerifier};
use database::Database;
use service_kit::{
    metrics::{Metrics, Sample},
    trace::Exporter,
};

/// The metrics of the service.
pub fn metrics(database: Database, verifier: RemoteVerifier, traces: Option<&Exporter>) -> Metrics {
    let metrics = Metrics::new("users-api", service_kit::version());
    if let Some(traces) = traces {
        traces.show(&metrics);
    }
    metrics.observe(move || database.samples());
    metrics.observe(move || {
        let status = verifier.status();
        let keys = status.keys;
        let failed = "Key sets that could not be fetched";
        let mut samples = vec![
            Sample::count("jwks_keys", "Keys held", keys.count),
            Sample::counter("jwks_refreshes", "Key sets fetched", keys.refreshes_ok),
            Sample::counter("jwks_refreshes_failed", failed, keys.refreshes_failed),
        ];
        let age = "Seconds since the issuer last confirmed the keys";
        samples.extend(keys.age.map(|seconds| Sample::gauge("jwks_age_seconds", age, seconds)));
        samples.extend(status.feed.iter().flat_map(feed));
        samples
    });
    metrics
}

fn feed(feed: &FeedStatus) -> [Sample; 6] {
    let lag =
        "Seconds since the feed's last answer; a poll that is held counts once it is answered";
    let refused = "Polls that auth-service refused: the secret is missing or wrong";
    let connected = "Whether the last poll succeeded";
    [
        Sample::gauge("revocation_feed_lag_seconds", lag, feed.lag),
        Sample::flag("revocation_feed_connected", connected, feed.connected),
        Sample::count("revoked_sessions", "Revoked sessions held", feed.entries),
        Sample::counter("revocation_polls", "Polls answered", feed.polls_ok),
        Sample::counter("revocation_polls_failed", "Polls that failed", feed.polls_failed),
        Sample::counter("revocation_polls_unauthorized", refused, feed.polls_unauthorized),
    ]
}
