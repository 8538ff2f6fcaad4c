//! The checks of `/readyz`.

use std::time::Duration;

use actix_web::web::Data;
use database::DatabaseError;
use serde_json::{Value, json};
use service_kit::health::{CheckResult, Readiness};

use crate::state::State;

/// The age of the feed above which this process is not ready: a bit more than three calls that wait for a hung database
/// (2.5 s each).
const FEED_LAG: Duration = Duration::from_secs(10);

/// With an old feed, verifiers that poll this process would accept sessions that other processes have revoked.
fn feed_check(state: &State) -> CheckResult {
    let lag = state.feed.lag();
    let outcome =
        if lag <= FEED_LAG { Ok(()) } else { Err("the list of revoked sessions cannot be read") };
    let facts = json!({ "entries": state.feed.len(), "lag_seconds": lag.as_secs_f64() });
    CheckResult { name: "revocations", outcome, facts }
}

/// The checks of `/readyz`: the database, the signing key, and the revocation feed.
pub(crate) fn readiness(state: Data<State>) -> Readiness {
    Readiness::new(move || {
        let state = state.clone();
        async move {
            let database = state.database.check().await.map_err(|error| public_reason(&error));
            vec![
                CheckResult { name: "database", outcome: database, facts: Value::Null },
                signing_keys(&state),
                feed_check(&state),
                rate_limits(&state),
            ]
        }
    })
}

/// Fails only if no key can sign. With an older key the service is ready, and `in_place_of` names the missing key.
/// Details such as paths are only in the log, because this answer is public.
fn signing_keys(state: &State) -> CheckResult {
    let keys = state.keyring.keys();
    let active = state.keyring.active().ok();
    let missing: Vec<_> =
        keys.missing.iter().map(|key| format!("{}: {}", key.kid, key.public_reason)).collect();
    let facts = json!({
        "active": active.as_ref().map(|key| key.kid()),
        "in_place_of": state.keyring.missing_newer_key(),
        "missing": missing,
    });
    let outcome = match active {
        Some(_) => Ok(()),
        None => Err("there is no key to sign with"),
    };
    CheckResult { name: "signing_keys", outcome, facts }
}

/// Never fails. It shows whether calls are limited, and how many calls came through a proxy that the settings do not
/// name: all clients of such a proxy are limited as one.
fn rate_limits(state: &State) -> CheckResult {
    let facts = json!({
        "on": state.settings.limits.is_on,
        "unlisted_proxy_calls": state.unlisted_proxies.calls(),
    });
    CheckResult { name: "rate_limits", outcome: Ok(()), facts }
}

/// Logs why the database cannot be used, and returns the public reason, without details.
fn public_reason(error: &DatabaseError) -> &'static str {
    tracing::warn!(%error, "the database cannot be used");
    let read_only = error.to_string().contains("read-only");
    if read_only { "the database is read-only" } else { "the database cannot be used" }
}
