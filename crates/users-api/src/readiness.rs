//! The checks of `/readyz`: the database, the keys, the list of revoked sessions.

use std::time::Duration;

use claims::remote::{NotReady, RemoteStatus, RemoteVerifier};
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
    /// The age from which the verifier no longer uses its keys.
    pub keys_max_staleness: Duration,
}

impl Checks {
    /// Runs all checks now.
    pub async fn run(&self) -> Vec<CheckResult> {
        let (status, readiness) = (self.verifier.status(), self.verifier.readiness());
        let mut checks = vec![database_check(&self.database).await];
        checks.extend(verifier_checks(&status, readiness, self.keys_max_staleness));
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
    let pool = database.pool_state();
    CheckResult {
        name: "database",
        outcome,
        facts: json!({ "busy": pool.in_use, "open": pool.open }),
    }
}

/// The verifier reports one reason for keys and feed together; this assigns it to the right check.
fn verifier_checks(
    status: &RemoteStatus,
    readiness: Result<(), NotReady>,
    keys_max_staleness: Duration,
) -> Vec<CheckResult> {
    let reason = readiness.err().map(|not_ready| not_ready.reason);
    let keys_are_usable =
        status.keys.age.is_some_and(|age| age <= keys_max_staleness.as_secs_f64());
    let (keys_error, feed_error) = if keys_are_usable { (None, reason) } else { (reason, None) };
    let mut checks = vec![CheckResult {
        name: "keys",
        outcome: keys_error.map_or(Ok(()), Err),
        facts: json!({ "count": status.keys.count, "age_seconds": status.keys.age }),
    }];
    if let Some(feed) = &status.feed {
        let arrived = if feed.ready { Ok(()) } else { Err("the full list has not arrived yet") };
        checks.push(CheckResult {
            name: "revocations",
            outcome: feed_error.map_or(arrived, Err),
            facts: json!({
                "entries": feed.entries,
                "lag_seconds": feed.lag,
                "connected": feed.connected,
            }),
        });
    }
    checks
}
