//! The table `verifiers`: the keys that each verifier has reported.

use database::AnyConnection;
use diesel::{
    ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper,
    delete, insert_into, update,
};

use service_kit::unix_time::UnixSeconds;

use super::DbResult;
use super::schema::verifiers;

/// One verifier's last report.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = verifiers)]
pub struct VerifierRow {
    /// Its name.
    pub name: String,
    /// The ids of the keys that it has, separated by spaces.
    pub kids: String,
    /// The time of the report.
    pub seen_at: UnixSeconds,
}

/// Stores a report, which replaces the verifier's last one. If two services with one name insert at once, one of
/// them gets a conflict, which its caller logs; its next report is stored.
pub fn put(connection: &mut AnyConnection, report: &VerifierRow) -> DbResult<()> {
    let stored = verifiers::table.find(&report.name);
    let new = (verifiers::kids.eq(&report.kids), verifiers::seen_at.eq(report.seen_at));
    if update(stored).set(new).execute(connection)? == 0 {
        insert_into(verifiers::table).values(report).execute(connection)?;
    }
    Ok(())
}

/// The reports since `time`.
pub fn since(connection: &mut AnyConnection, time: UnixSeconds) -> DbResult<Vec<VerifierRow>> {
    let query =
        verifiers::table.filter(verifiers::seen_at.ge(time)).select(VerifierRow::as_select());
    Ok(query.load(connection)?)
}

/// Deletes the reports before `time`.
pub fn purge(connection: &mut AnyConnection, time: UnixSeconds) -> DbResult<usize> {
    Ok(delete(verifiers::table.filter(verifiers::seen_at.lt(time))).execute(connection)?)
}
