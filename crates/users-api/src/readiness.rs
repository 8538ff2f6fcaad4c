//! What `/readyz` looks at: the database, the keys, the list of revoked sessions.

use std::time::Duration;

use claims::remote::{NotReady, RemoteStatus, RemoteVerifier};
use database::Database;
use serde_json::json;
use service_kit::health::{CheckResult, Readiness};
use tracing::warn;

use crate::store;

/// What the checks need to know. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Checks {
    /// The users.
    pub database: Database,
    /// Holds the keys and the list of revoked sessions.
    pub verifier: RemoteVerifier,
    /// The age at which the verifier uses its keys no more.
    pub keys_max_staleness: Duration,
}

impl Checks {
    /// Looks at everything now.
    pub async fn run(&self) -> Vec<CheckResult> {
        let (status, readiness) = (self.verifier.status(), self.verifier.readiness());
        let mut checks = vec![database_check(&self.database).await];
        checks.extend(trust_checks(&status, readiness, self.keys_max_staleness));
        checks
    }

    /// The checks for [`service_kit::health`].
    pub fn into_readiness(self) -> Readiness {
        Readiness::new(move || {
            let checks = self.clone();
            async move { checks.run().await }
        })
    }
}

/// Reads the view, because a database may answer and have no such view.
async fn database_check(database: &Database) -> CheckResult {
    let outcome = database.read(store::users::probe).await.map_err(|error| {
        warn!(%error, "the view of users cannot be read");
        "the view of users cannot be read"
    });
    let (busy, open) = database.pool_state();
    CheckResult { name: "database", outcome, facts: json!({ "busy": busy, "open": open }) }
}

/// The verifier gives one reason for both; this tells whose it is.
fn trust_checks(
    status: &RemoteStatus,
    readiness: Result<(), NotReady>,
    keys_max_staleness: Duration,
) -> Vec<CheckResult> {
    let reason = readiness.err().map(|not_ready| not_ready.reason);
    let held = status.keys.age.is_some_and(|age| age <= keys_max_staleness.as_secs_f64());
    let (of_keys, of_feed) = if held { (None, reason) } else { (reason, None) };
    let mut checks = vec![CheckResult {
        name: "keys",
        outcome: of_keys.map_or(Ok(()), Err),
        facts: json!({ "count": status.keys.count, "age_seconds": status.keys.age }),
    }];
    if let Some(feed) = &status.feed {
        let arrived = if feed.ready { Ok(()) } else { Err("no full list has arrived") };
        checks.push(CheckResult {
            name: "revocations",
            outcome: of_feed.map_or(arrived, Err),
            facts: json!({
                "entries": feed.entries,
                "lag_seconds": feed.lag,
                "connected": feed.connected,
            }),
        });
    }
    checks
}
