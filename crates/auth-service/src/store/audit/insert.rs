//! Adds entries to the audit log.

use std::collections::HashSet;

use database::{AnyConnection, CachedStatement};
use diesel::{
    ExpressionMethods, PgConnection, QueryDsl, QueryResult, RunQueryDsl, insert_into,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};

use service_kit::unix_time::UnixMicros;

use super::AuditRow;
use crate::store::{DbResult, schema::audit_log};

/// Most rows that one statement inserts, because PostgreSQL takes at most 65,535 parameters.
const CHUNK: usize = 1_000;

/// Adds an entry.
pub fn insert(connection: &mut AnyConnection, entry: &AuditRow) -> DbResult<()> {
    let inserted = insert_into(audit_log::table).values(entry).returning(audit_log::at);
    CachedStatement(inserted).load::<UnixMicros>(connection)?;
    Ok(())
}

/// Adds entries, with one statement for every thousand on PostgreSQL.
pub fn insert_all(connection: &mut AnyConnection, entries: &[AuditRow]) -> DbResult<()> {
    match connection {
        AnyConnection::Postgres(postgres) => {
            for chunk in entries.chunks(CHUNK) {
                insert_into(audit_log::table).values(chunk).execute(postgres)?;
            }
            Ok(())
        }
        // The database is in this process, so a statement costs no round trip.
        sqlite => entries.iter().try_for_each(|entry| insert(sqlite, entry)),
    }
}

/// The entries of `entries` that are not in the log yet.
pub fn missing(connection: &mut AnyConnection, entries: &[AuditRow]) -> DbResult<Vec<AuditRow>> {
    let Some(earliest) = entries.iter().map(|entry| entry.at).min() else { return Ok(Vec::new()) };
    let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    let stored = audit_log::table
        .filter(audit_log::at.ge(earliest))
        .filter(audit_log::id.eq_any(ids))
        .select(audit_log::id);
    let stored: HashSet<String> = stored.load(connection)?.into_iter().collect();
    Ok(entries.iter().filter(|entry| !stored.contains(&entry.id)).cloned().collect())
}

/// A statement that also adds an entry, in the same round trip. PostgreSQL runs both, or neither.
pub(in crate::store) struct WithEntry<E, Q> {
    entry: E,
    statement: Q,
}

impl<E, Q> WithEntry<E, Q> {
    /// `entry` inserts into the log; the rows of `statement` are returned.
    pub(in crate::store) fn new(entry: E, statement: Q) -> Self {
        Self { entry, statement }
    }
}

impl<E, Q: Query> Query for WithEntry<E, Q> {
    type SqlType = Q::SqlType;
}

impl<E, Q> RunQueryDsl<PgConnection> for WithEntry<E, Q> {}

impl<E, Q> QueryId for WithEntry<E, Q> {
    // CachedStatement caches it by its text.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<E: QueryFragment<Pg>, Q: QueryFragment<Pg>> QueryFragment<Pg> for WithEntry<E, Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("WITH audited AS (");
        self.entry.walk_ast(pass.reborrow())?;
        pass.push_sql(") ");
        self.statement.walk_ast(pass)
    }
}
