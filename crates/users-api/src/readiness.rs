//! The checks of `/readyz`: the database, the keys, the list of revoked sessions.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use claims::remote::RemoteVerifier;
use database::Database;
use serde_json::json;
use service_kit::health::{CheckResult, Readiness};
use tracing::warn;

use crate::store;

/// The parts that the checks look at. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Checks {
    /// The users.
    pub database: Database,
    /// Holds the keys and the list of revoked sessions.
    pub verifier: RemoteVerifier,
    /// Whether the database failed the last check. Shared by all clones.
    database_failed: Arc<AtomicBool>,
}

impl Checks {
    /// The checks of these parts.
    pub fn new(database: Database, verifier: RemoteVerifier) -> Self {
        Self { database, verifier, database_failed: Arc::default() }
    }

    /// Runs all checks now.
    pub async fn run(&self) -> Vec<CheckResult> {
        let mut checks = vec![self.database_check().await];
        checks.extend(verifier_checks(&self.verifier));
        checks
    }

    /// The checks for [`service_kit::health`].
    pub fn into_readiness(self) -> Readiness {
        Readiness::new(move || {
            let checks = self.clone();
            async move { checks.run().await }
        })
    }

    /// Reads the view, because a database may answer and have no such view.
    async fn database_check(&self) -> CheckResult {
        let read = self.database.read(store::users::probe).await;
        let failed_before = self.database_failed.swap(read.is_err(), Ordering::Relaxed);
        let outcome = read.map_err(|error| {
            // Probes come every few seconds: the cause is logged once.
            if !failed_before {
                warn!(%error, "the view of users cannot be read");
            }
            "the view of users cannot be read"
        });
        let pool = self.database.pool_state();
        CheckResult {
            name: "database",
            outcome,
            facts: json!({ "busy": pool.in_use, "open": pool.open }),
        }
    }
}

fn verifier_checks(verifier: &RemoteVerifier) -> Vec<CheckResult> {
    let status = verifier.status();
    let mut checks = vec![CheckResult {
        name: "keys",
        outcome: verifier.keys_readiness().map_err(|not_ready| not_ready.reason),
        facts: json!({ "count": status.keys.count, "age_seconds": status.keys.age }),
    }];
    if let Some(feed) = &status.feed {
        checks.push(CheckResult {
            name: "revocations",
            outcome: verifier.feed_readiness().map_err(|not_ready| not_ready.reason),
            facts: json!({
                "entries": feed.entries,
                "lag_seconds": feed.lag,
                "connected": feed.connected,
            }),
        });
    }
    checks
}
