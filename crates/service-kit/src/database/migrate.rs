//! The schema, brought up to date under a lock.

use diesel::{Connection, QueryResult, RunQueryDsl, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use super::{Access, AnyConnection, DatabaseError, DatabaseUrl, url::make_parent};

/// The key of the advisory lock that migrations run under (PostgreSQL): "authpair" in ASCII.
const LOCK: i64 = 0x6175_7468_7061_6972;

/// A write that writes nothing. Without it nobody knows: where a file cannot be written, SQLite opens it to be
/// read and lets even `BEGIN IMMEDIATE` pass; where PostgreSQL has become a replica, questions are answered as ever.
const CHANGE_NOTHING: &str = "DELETE FROM __diesel_schema_migrations WHERE 1 = 0";

/// The migrations of both databases.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    /// For SQLite.
    pub sqlite: fn() -> EmbeddedMigrations,
    /// For PostgreSQL.
    pub postgres: fn() -> EmbeddedMigrations,
}

/// Brings the schema up to date. However many processes call this at once, each migration runs once.
/// Returns how many ran.
///
/// # Errors
/// When the database is away or a migration fails; then nothing has changed.
pub fn migrate(url: &DatabaseUrl, migrations: Migrations) -> Result<usize, DatabaseError> {
    if let DatabaseUrl::Sqlite(path) = url {
        make_parent(path)?;
    }
    match AnyConnection::connect(url, Access::ReadWrite)? {
        AnyConnection::Postgres(mut connection) => connection.transaction(|connection| {
            sql_query("SET LOCAL statement_timeout = 0").execute(connection)?;
            sql_query(format!("SELECT pg_advisory_xact_lock({LOCK})")).execute(connection)?;
            run(connection, (migrations.postgres)())
        }),
        AnyConnection::Sqlite(mut connection) => connection.immediate_transaction(|connection| {
            let done = run(connection, (migrations.sqlite)())?;
            sql_query(CHANGE_NOTHING).execute(connection)?;
            Ok(done)
        }),
    }
}

fn run<DB: diesel::backend::Backend, C: MigrationHarness<DB>>(
    connection: &mut C,
    migrations: EmbeddedMigrations,
) -> Result<usize, DatabaseError> {
    connection
        .run_pending_migrations(migrations)
        .map(|done| done.len())
        .map_err(|error| DatabaseError::Fault(format!("migration: {error}")))
}

/// A cheap question that only a living database answers; to one that shall be written, one that it refuses
/// while it cannot be.
pub(super) fn ask(connection: &mut AnyConnection, access: Access) -> QueryResult<usize> {
    let question = match access {
        Access::ReadOnly => "SELECT 1",
        Access::ReadWrite => CHANGE_NOTHING,
    };
    sql_query(question).execute(connection)
}
