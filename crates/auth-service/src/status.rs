//! What the service says of itself: figures for `/metrics`, checks for `/readyz`.

use actix_web::web::Data;
use serde_json::{Value, json};
use service_kit::{
    database::DatabaseError,
    health::{CheckResult, Readiness},
    metrics::{Figure, Metrics, Value as Reading},
};

use crate::state::State;

/// What this service shows beside its requests.
pub(crate) fn figures(state: &Data<State>) -> Metrics {
    let metrics = Metrics::default();
    let shown = state.clone();
    metrics.observe(move || {
        let (busy, open) = shown.database.pool_state();
        let age = shown.keyring.active_since().map_or(0, |since| shown.now() - since);
        let gauge = |name, help, value| Figure { name, help, value: Reading::Gauge(value) };
        vec![
            gauge(
                "hash_queue_passwords",
                "Passwords that wait for a hashing thread",
                count(shown.hasher.queue_depth()),
            ),
            gauge("hash_threads_busy", "Hashing threads at work", count(shown.hasher.busy())),
            gauge("hash_threads", "Hashing threads", count(shown.hasher.threads())),
            gauge("database_connections_busy", "Database connections in use", busy.into()),
            gauge("database_connections", "Database connections open", open.into()),
            gauge("signing_key_age_seconds", "How long the active key has signed", seconds(age)),
            gauge("revoked_sessions", "Entries of the revocation feed", count(shown.feed.len())),
        ]
    });
    metrics
}

#[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
fn count(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
fn seconds(number: i64) -> f64 {
    number as f64
}

/// What `/readyz` asks: the database, and the key that signs.
pub(crate) fn readiness(state: Data<State>) -> Readiness {
    Readiness::new(move || {
        let state = state.clone();
        async move {
            let database = state.database.check().await.map_err(|error| unusable(&error));
            let active = state.keyring.active();
            let kid = active.as_ref().map(|key| key.kid().to_owned()).ok();
            vec![
                CheckResult { name: "database", outcome: database, facts: Value::Null },
                CheckResult {
                    name: "signing_keys",
                    outcome: active.map(drop).map_err(|error| error.to_string()),
                    facts: json!({ "active": kid, "missing": state.keyring.keys().missing }),
                },
            ]
        }
    })
}

/// Says no more than a stranger may know; the log says it all.
fn unusable(error: &DatabaseError) -> String {
    tracing::warn!(%error, "the database cannot be used");
    let read_only = error.to_string().contains("read-only");
    let reason =
        if read_only { "the database is read-only" } else { "the database cannot be used" };
    reason.to_owned()
}
