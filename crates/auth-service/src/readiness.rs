//! The checks of `/readyz`.

use std::time::Duration;

use actix_web::web::Data;
use database::DatabaseError;
use serde_json::{Value, json};
use service_kit::health::{CheckResult, Readiness};

use crate::state::State;

/// How old the list of revoked sessions may be before this process counts as unready: as long as a database that
/// hangs may take for three answers.
const FEED_LAG: Duration = Duration::from_secs(10);

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
