//! The metrics of this service besides those of its requests: keys, the revocation feed, the database.

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
        traces.register_metrics(&metrics);
    }
    metrics.register_samples(move || database.samples());
    metrics.register_samples(move || {
        let status = verifier.status();
        let keys = status.keys;
        let mut samples = vec![
            Sample::count("jwks_keys", "Keys held", keys.count),
            Sample::results(
                "jwks_refreshes",
                "Requests for the key set, by result",
                [("success", keys.refreshes_ok), ("failed", keys.refreshes_failed)],
            ),
        ];
        let age = "Seconds since the issuer last confirmed the keys";
        samples.extend(keys.age.map(|seconds| Sample::gauge("jwks_age_seconds", age, seconds)));
        samples.extend(status.feed.iter().flat_map(feed));
        samples
    });
    metrics
}

fn feed(feed: &FeedStatus) -> [Sample; 5] {
    let lag =
        "Seconds since the feed's last answer; a poll that is held counts once it is answered";
    let polls =
        "Polls of the revocation feed, by result; unauthorized: the secret is missing or wrong";
    let resets = "How often the issuer began its feed again: its database went back in time or was exchanged";
    let connected = "Whether the last poll succeeded";
    [
        Sample::gauge("revocation_feed_lag_seconds", lag, feed.lag),
        Sample::flag("revocation_feed_connected", connected, feed.connected),
        Sample::count(
            "revocation_feed_entries",
            "Entries of the feed held: revoked sessions and accounts, and users whose rights changed",
            feed.entries,
        ),
        Sample::counter("revocation_feed_resets", resets, feed.resets),
        Sample::results(
            "revocation_polls",
            polls,
            [
                ("success", feed.polls_ok),
                ("failed", feed.polls_failed.saturating_sub(feed.polls_unauthorized)),
                ("unauthorized", feed.polls_unauthorized),
            ],
        ),
    ]
}
