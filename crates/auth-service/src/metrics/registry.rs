//! Builds the registry of all metrics. The values of the hash queue, the signing keys and the feed are computed at each
//! scrape.

use actix_web::web::Data;
use service_kit::{
    metrics::{Metrics, Sample},
    trace::Exporter,
};

use crate::state::State;

/// All metrics except those of requests.
pub(crate) fn build_registry(state: &Data<State>, traces: Option<&Exporter>) -> Metrics {
    let metrics = Metrics::new("auth-service", service_kit::version());
    state.metrics.register_metrics(&metrics);
    state.passwords.register_metrics(&metrics);
    state.mailer.register_metrics(&metrics);
    if let Some(traces) = traces {
        traces.register_metrics(&metrics);
    }
    let database = state.database.clone();
    metrics.register_samples(move || database.samples());
    let shown = state.clone();
    metrics.register_samples(move || {
        let (audit, jobs) = (shown.refused_calls.samples(), shown.jobs.samples());
        let mails = shown.mailer.samples(shown.clock.now_micros());
        let proxies = vec![proxies(&shown)];
        [hashing(&shown), keys(&shown), revocations(&shown), audit, jobs, mails, proxies].concat()
    });
    metrics
}

fn hashing(state: &State) -> Vec<Sample> {
    let hasher = state.passwords.hasher();
    let waiting = "Passwords that wait for a hashing thread";
    let most = "Passwords that may wait; the next is refused";
    vec![
        Sample::count("hash_queue_passwords", waiting, hasher.queue_depth()),
        Sample::count("hash_queue_max", most, state.settings.hash_queue),
        Sample::count("hash_threads_busy", "Hashing threads at work", hasher.busy()),
        Sample::count("hash_threads", "Hashing threads", hasher.threads()),
    ]
}

fn proxies(state: &State) -> Sample {
    let help = "Calls with X-Forwarded-For from a private address that is no trusted proxy";
    Sample::counter("unlisted_proxy_calls", help, state.unlisted_proxies.calls())
}

fn keys(state: &State) -> Vec<Sample> {
    let can_sign = state.keyring.active().is_ok();
    let is_current = can_sign && state.keyring.missing_newer_key().is_none();
    let missing = state.keyring.keys().missing.len();
    let current =
        "1 if this process signs with the scheduled key, 0 if it cannot load that key's file";
    let mut samples = vec![
        Sample::flag("signing_key_current", current, is_current),
        Sample::flag("signing_key_usable", "Whether this process can sign tokens", can_sign),
        Sample::count("signing_keys_missing", "Keys in use whose file cannot be loaded", missing),
    ];
    let help = "Seconds for which the active key has been signing";
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let age = state.keyring.active_since().map(|since| state.now().seconds_since(since) as f64);
    samples.extend(age.map(|age| Sample::gauge("signing_key_age_seconds", help, age)));
    samples
}

fn revocations(state: &State) -> Vec<Sample> {
    let feed = &state.feed;
    let held = "Polls of the feed that wait for new entries";
    let lag = "Seconds since the feed's table was last read";
    let went_back = "Detected rollbacks of the database, for example to a restored backup";
    let again = "Revocations that a rollback of the database lost and that were written again";
    vec![
        Sample::count("revocation_feed_entries", "Entries of the revocation feed", feed.len()),
        Sample::count("revocation_polls_held", held, feed.open_polls()),
        Sample::gauge("revocation_table_lag_seconds", lag, feed.lag().as_secs_f64()),
        Sample::counter("database_went_back", went_back, feed.rollbacks_detected()),
        Sample::counter("revocations_written_again", again, feed.restored_revocations()),
    ]
}
