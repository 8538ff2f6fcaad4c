//! What the service says of itself: figures for `/metrics`, checks for `/readyz`.

use actix_web::web::Data;
use serde_json::{Value, json};
use service_kit::{
    database::DatabaseError,
    health::{CheckResult, Readiness},
    metrics::{Figure, Metrics},
    trace::Exporter,
};

use crate::state::State;

/// What this service shows beside its requests.
pub(crate) fn figures(state: &Data<State>, traces: Option<&Exporter>) -> Metrics {
    let metrics = Metrics::new("auth-service", service_kit::version());
    state.counts.show(&metrics);
    if let Some(traces) = traces {
        traces.show(&metrics);
    }
    let database = state.database.clone();
    metrics.observe(move || database.figures());
    let shown = state.clone();
    metrics.observe(move || [hashing(&shown), keys(&shown), revocations(&shown)].concat());
    metrics
}

fn hashing(state: &State) -> Vec<Figure> {
    let hasher = &state.hasher;
    let waiting = "Passwords that wait for a hashing thread";
    let most = "Passwords that may wait; the next is refused";
    vec![
        Figure::count("hash_queue_passwords", waiting, hasher.queue_depth()),
        Figure::count("hash_queue_most", most, state.settings.hash_queue),
        Figure::count("hash_threads_busy", "Hashing threads at work", hasher.busy()),
        Figure::count("hash_threads", "Hashing threads", hasher.threads()),
    ]
}

fn keys(state: &State) -> Vec<Figure> {
    let can_sign = state.keyring.active().is_ok();
    let missing = state.keyring.keys().missing.len();
    let mut figures = vec![
        Figure::flag("signing_key_usable", "Whether this process can sign tokens", can_sign),
        Figure::count("signing_keys_missing", "Keys in use whose file is not here", missing),
    ];
    let help = "How long the active key has signed";
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let age = state.keyring.active_since().map(|since| (state.now() - since) as f64);
    figures.extend(age.map(|age| Figure::gauge("signing_key_age_seconds", help, age)));
    figures
}

fn revocations(state: &State) -> Vec<Figure> {
    let held = "Polls of the feed that wait for news";
    vec![
        Figure::count("revoked_sessions", "Entries of the revocation feed", state.feed.len()),
        Figure::count("revocation_polls_held", held, state.feed.held()),
    ]
}

/// What `/readyz` asks: the database, and the key that signs.
pub(crate) fn readiness(state: Data<State>) -> Readiness {
    Readiness::new(move || {
        let state = state.clone();
        async move {
            let database = state.database.check().await.map_err(|error| unusable(&error));
            let active = state.keyring.active();
            let kid = active.as_ref().map(|key| key.kid().to_owned()).ok();
            // Which file it is, and what is wrong with it, is in the log: anybody may read this.
            let missing = state.keyring.keys().missing.len();
            vec![
                CheckResult { name: "database", outcome: database, facts: Value::Null },
                CheckResult {
                    name: "signing_keys",
                    outcome: active.map(drop).map_err(|_| "the key that signs cannot be used"),
                    facts: json!({ "active": kid, "missing": missing }),
                },
            ]
        }
    })
}

/// Says no more than a stranger may know; the log says it all.
fn unusable(error: &DatabaseError) -> &'static str {
    tracing::warn!(%error, "the database cannot be used");
    let read_only = error.to_string().contains("read-only");
    if read_only { "the database is read-only" } else { "the database cannot be used" }
}
