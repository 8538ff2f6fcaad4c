//! A new key starts to sign later if a running service cannot load it, or if a verifier does not have it.

use std::time::Duration;

use database::Database;
use service_kit::unix_time::UnixSeconds;

use super::SigningKeyUnavailable;
use crate::{
    lifetimes::{CLOCK_SKEW, Lifetimes},
    store::{self, keys::KeyRow, verifiers::VerifierRow},
};

/// How long before its activation a key is checked, and by how much each delay moves the activation. It is longer than
/// the interval of the job `keys`, so that no activation is missed.
const DELAY_STEP: Duration = Duration::from_secs(10);

/// Delays the activation of each key that would start to sign before all services and verifiers have it.
pub(super) async fn delay_activation(
    database: &Database,
    lifetimes: &Lifetimes,
    rows: &[KeyRow],
    now: UnixSeconds,
) -> Result<(), SigningKeyUnavailable> {
    let due = |row: &&KeyRow| {
        row.retired_at.is_none() && row.activates_at > now && row.activates_at <= now + DELAY_STEP
    };
    for key in rows.iter().filter(due) {
        let later = if key.first_loaded_at.is_none() {
            tracing::warn!(
                kid = key.kid,
                "no running auth-service can load the new key's file: activation delayed"
            );
            key.activates_at + DELAY_STEP
        } else {
            delayed_for_verifiers(database, lifetimes, key, now).await?
        };
        if later == key.activates_at {
            continue;
        }
        let (id, from) = (key.kid.clone(), key.activates_at);
        let moved = database
            .write(move |connection| store::keys::move_activation(connection, &id, from, later));
        moved.await.map_err(SigningKeyUnavailable::new)?;
    }
    Ok(())
}

/// When a key is activated: later if a verifier does not have the key, but not without limit.
async fn delayed_for_verifiers(
    database: &Database,
    lifetimes: &Lifetimes,
    key: &KeyRow,
    now: UnixSeconds,
) -> Result<UnixSeconds, SigningKeyUnavailable> {
    let max_age = lifetimes.jwks_max_age;
    let latest = key.created_at + 3 * max_age + CLOCK_SKEW;
    let seen = now - max_age;
    let reports = database.read(move |connection| store::verifiers::since(connection, seen));
    let reports = reports.await.map_err(SigningKeyUnavailable::new)?;
    let without_key = verifiers_without_key(&reports, &key.kid);
    let later = (key.activates_at + DELAY_STEP).min(latest);
    // A key that waited for a service that can load it may already be past the latest time.
    if without_key.is_empty() || later <= key.activates_at {
        return Ok(key.activates_at);
    }
    tracing::warn!(
        kid = key.kid,
        ?without_key,
        "verifiers do not have the new key yet: activation delayed"
    );
    Ok(later)
}

/// The names of verifiers that do not have the key.
fn verifiers_without_key<'a>(reports: &'a [VerifierRow], kid: &str) -> Vec<&'a str> {
    let lacks = |report: &&VerifierRow| !report.kids.split(' ').any(|held| held == kid);
    reports.iter().filter(lacks).map(|report| report.name.as_str()).collect()
}
