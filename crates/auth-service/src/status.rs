//! What the service says of itself: samples for `/metrics`, checks for `/readyz`.

use std::time::Duration;

use actix_web::web::Data;
use database::DatabaseError;
use serde_json::{Value, json};
use service_kit::{
    health::{CheckResult, Readiness},
    metrics::{Metrics, Sample},
    trace::Exporter,
};

use crate::state::State;

/// How old the list of revoked sessions may be before this process counts as unready: as long as a database that
/// hangs may take for three answers.
const FEED_LAG: Duration = Duration::from_secs(10);

/// What this service shows beside its requests.
pub(crate) fn samples(state: &Data<State>, traces: Option<&Exporter>) -> Metrics {
    let metrics = Metrics::new("auth-service", service_kit::version());
    state.counts.show(&metrics);
    if let Some(traces) = traces {
        traces.show(&metrics);
    }
    let database = state.database.clone();
    metrics.observe(move || database.samples());
    let shown = state.clone();
    metrics.observe(move || [hashing(&shown), keys(&shown), revocations(&shown)].concat());
    metrics
}

fn hashing(state: &State) -> Vec<Sample> {
    let hasher = &state.hasher;
    let waiting = "Passwords that wait for a hashing thread";
    let most = "Passwords that may wait; the next is refused";
    vec![
        Sample::count("hash_queue_passwords", waiting, hasher.queue_depth()),
        Sample::count("hash_queue_most", most, state.settings.hash_queue),
        Sample::count("hash_threads_busy", "Hashing threads at work", hasher.busy()),
        Sample::count("hash_threads", "Hashing threads", hasher.threads()),
    ]
}

fn keys(state: &State) -> Vec<Sample> {
    let can_sign = state.keyring.active().is_ok();
    let is_current = can_sign && state.keyring.successor_missing().is_none();
    let missing = state.keyring.keys().missing.len();
    let current =
        "Whether the key that signs here is the one that should: 0 if its file cannot be loaded";
    let mut samples = vec![
        Sample::flag("signing_key_current", current, is_current),
        Sample::flag("signing_key_usable", "Whether this process can sign tokens", can_sign),
        Sample::count("signing_keys_missing", "Keys in use whose file cannot be loaded", missing),
    ];
    let help = "How long the active key has signed";
    #[expect(clippy::cast_precision_loss, reason = "a sample to look at")]
    let age = state.keyring.active_since().map(|since| (state.now() - since) as f64);
    samples.extend(age.map(|age| Sample::gauge("signing_key_age_seconds", help, age)));
    samples
}

fn revocations(state: &State) -> Vec<Sample> {
    let feed = &state.feed;
    let held = "Polls of the feed that wait for news";
    let lag = "Seconds since the feed's table was last read";
    let went_back = "Times the database was found to have gone back in time, as after a restore";
    let again = "Revocations that the database had lost and that were written again";
    vec![
        Sample::count("revoked_sessions", "Entries of the revocation feed", feed.len()),
        Sample::count("revocation_polls_held", held, feed.held()),
        Sample::gauge("revocation_table_lag_seconds", lag, feed.lag().as_secs_f64()),
        Sample::counter("database_went_back", went_back, feed.went_back()),
        Sample::counter("revocations_written_again", again, feed.written_again()),
    ]
}

/// An old list would let sessions in at verifiers that this process has not heard of.
fn feed_check(state: &State) -> CheckResult {
    let lag = state.feed.lag();
    let outcome =
        if lag <= FEED_LAG { Ok(()) } else { Err("the list of revoked sessions cannot be read") };
    let facts = json!({ "entries": state.feed.len(), "lag_seconds": lag.as_secs_f64() });
    CheckResult { name: "revocations", outcome, facts }
}

/// What `/readyz` asks: the database, the key that signs, and the list of revoked sessions.
pub(crate) fn readiness(state: Data<State>) -> Readiness {
    Readiness::new(move || {
        let state = state.clone();
        async move {
            let database = state.database.check().await.map_err(|error| unusable(&error));
            vec![
                CheckResult { name: "database", outcome: database, facts: Value::Null },
                signing_keys(&state),
                feed_check(&state),
            ]
        }
    })
}

/// Fails only where no key can sign: with an older one the service serves on, and tells which it lacks. The log
/// has what a stranger need not know, such as paths.
fn signing_keys(state: &State) -> CheckResult {
    let keys = state.keyring.keys();
    let active = state.keyring.active().ok();
    let missing: Vec<_> =
        keys.missing.iter().map(|key| format!("{}: {}", key.kid, key.problem)).collect();
    let facts = json!({
        "active": active.as_ref().map(|key| key.kid()),
        "in_place_of": state.keyring.successor_missing(),
        "missing": missing,
    });
    let outcome = match active {
        Some(_) => Ok(()),
        None => Err("there is no key to sign with"),
    };
    CheckResult { name: "signing_keys", outcome, facts }
}

/// Says no more than a stranger may know; the log says it all.
fn unusable(error: &DatabaseError) -> &'static str {
    tracing::warn!(%error, "the database cannot be used");
    let read_only = error.to_string().contains("read-only");
    if read_only { "the database is read-only" } else { "the database cannot be used" }
}
