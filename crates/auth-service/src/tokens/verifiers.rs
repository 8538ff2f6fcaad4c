//! Reports of verifiers: the keys that each of them holds. A new key does not sign before the verifiers hold it, up to
//! a maximum wait.

use std::time::Duration;

use database::Database;
use service_kit::unix_time::UnixSeconds;

use crate::store::{self, DbResult, verifiers::VerifierRow};

/// How long a verifier's last report is kept. It must be longer than the `jwks_max_age` of all verifiers; a day is
/// more than enough.
const RETENTION: Duration = Duration::from_secs(86_400);

/// A verifier's report.
#[derive(Clone, Debug)]
pub struct VerifierReport {
    /// The verifier's name.
    pub name: String,
    /// The ids of the keys that it holds, separated by spaces.
    pub kids: String,
}

/// Stores a report, which replaces the verifier's last one.
///
/// # Errors
/// When the database is unavailable.
pub async fn record_report(
    database: &Database,
    report: VerifierReport,
    now: UnixSeconds,
) -> DbResult<()> {
    let VerifierReport { name, kids } = report;
    let row = VerifierRow { name, kids, seen_at: now };
    database.write(move |transaction| store::verifiers::put(transaction, &row)).await
}

/// Deletes the reports of verifiers that have sent none for a day. Returns how many.
///
/// # Errors
/// When the database is unavailable.
pub async fn purge_reports(database: &Database, now: UnixSeconds) -> DbResult<usize> {
    let before = now - RETENTION;
    database.write(move |transaction| store::verifiers::purge(transaction, before)).await
}
