//! The schema, brought up to date under a lock.

use diesel::{
    PgConnection, QueryResult, QueryableByName, RunQueryDsl,
    migration::MigrationSource,
    pg::Pg,
    sql_query,
    sql_types::{Bool, Text},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use super::{
    Access, AnyConnection, DatabaseError, DatabaseUrl, START_TIMEOUT,
    connection::connect_to_migrate, error::is_deadlock, files, postgres_url::for_migration,
    retry_connect::retry_while_temporary,
};

/// The key of PostgreSQL's advisory lock for migrations: "authpair" in ASCII. A transaction holds it, so it works behind
/// a pooler.
const LOCK: i64 = 0x6175_7468_7061_6972;

/// A write that changes nothing: the only way to find out whether writing is possible. SQLite opens a file that cannot
/// be written for reading and accepts even `BEGIN IMMEDIATE`; a PostgreSQL server that has become a replica still answers
/// queries. It needs only the right to update this one column.
const PROBE_WRITE: &str = "UPDATE __diesel_schema_migrations SET run_on = run_on WHERE 1 = 0";

/// The migrations of both databases.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    /// For SQLite.
    pub sqlite: fn() -> EmbeddedMigrations,
    /// For PostgreSQL.
    pub postgres: fn() -> EmbeddedMigrations,
}

/// Brings the schema up to date and returns how many migrations ran. When several processes call this at once, each
/// migration still runs once. Waits for a database that is slow. If no migration is pending, it only needs the right to
/// read the list of migrations.
///
/// # Errors
/// When the database is away or a migration fails; then nothing has changed.
pub fn migrate(url: &DatabaseUrl, migrations: Migrations) -> Result<usize, DatabaseError> {
    match url {
        DatabaseUrl::Sqlite(_) => {
            files::prepare(url)?;
            retry_while_temporary(START_TIMEOUT, || migrate_sqlite(url, (migrations.sqlite)()))
        }
        DatabaseUrl::Postgres(text) => {
            let target = for_migration(text);
            retry_while_temporary(START_TIMEOUT, || {
                let mut connection = connect_to_migrate(url, &target)?;
                migrate_postgres(&mut connection, migrations.postgres)
            })
        }
    }
}

fn migrate_sqlite(
    url: &DatabaseUrl,
    migrations: EmbeddedMigrations,
) -> Result<usize, DatabaseError> {
    let AnyConnection::Sqlite(mut connection) = AnyConnection::connect(url, Access::ReadWrite)?
    else {
        return Err(DatabaseError::Internal("not an SQLite file".to_owned()));
    };
    connection.immediate_transaction(|connection| {
        let done = run(connection, migrations)?;
        sql_query(PROBE_WRITE).execute(connection)?;
        Ok(done)
    })
}

fn migrate_postgres(
    connection: &mut PgConnection,
    migrations: fn() -> EmbeddedMigrations,
) -> Result<usize, DatabaseError> {
    loop {
        let before = pending(connection, &migrations())?;
        if before == 0 {
            return Ok(0);
        }
        // Not the server's default isolation: with a snapshot from before the lock, migrations that another process has
        // run meanwhile would run again.
        let ran = connection.build_transaction().read_committed().run(|connection| {
            sql_query("SET LOCAL statement_timeout = 0").execute(connection)?;
            sql_query(format!("SELECT pg_advisory_xact_lock({LOCK})")).execute(connection)?;
            run(connection, migrations())
        });
        match ran {
            Ok(done) => return Ok(done),
            // Another process was first: advisory locks have no effect on CockroachDB and YugabyteDB.
            Err(_) if pending(connection, &migrations())? < before => {}
            Err(DatabaseError::Internal(text)) => {
                return Err(DatabaseError::Internal(format!(
                    "{before} migrations have to be run, as the role that owns the schema: {text}"
                )));
            }
            Err(error) => return Err(error),
        }
    }
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

#[derive(QueryableByName)]
struct Exists {
    #[diesel(sql_type = Bool)]
    table_exists: bool,
}

/// How many migrations have not run yet. Only reads.
fn pending(
    connection: &mut PgConnection,
    migrations: &EmbeddedMigrations,
) -> Result<usize, DatabaseError> {
    let all = MigrationSource::<Pg>::migrations(migrations)
        .map_err(|error| DatabaseError::Internal(format!("migrations: {error}")))?;
    let query = "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS table_exists";
    if !sql_query(query).get_result::<Exists>(connection)?.table_exists {
        return Ok(all.len());
    }
    let applied: Vec<Applied> =
        sql_query("SELECT version FROM __diesel_schema_migrations").load(connection)?;
    let is_new = |version: String| !applied.iter().any(|one| one.version == version);
    Ok(all.iter().filter(|one| is_new(one.name().version().to_string())).count())
}

fn run<DB: diesel::backend::Backend, C: MigrationHarness<DB>>(
    connection: &mut C,
    migrations: EmbeddedMigrations,
) -> Result<usize, DatabaseError> {
    connection.run_pending_migrations(migrations).map(|done| done.len()).map_err(|error| {
        let text = format!("migration: {error}");
        // A deadlock: the database undid one of the two, which may try again.
        if is_deadlock(&text) { DatabaseError::Retry(text) } else { DatabaseError::Internal(text) }
    })
}

/// A cheap query that only a running database answers; for a database that is written, one that fails while writing is
/// impossible.
pub(crate) fn probe(connection: &mut AnyConnection, access: Access) -> QueryResult<usize> {
    let query = match access {
        Access::ReadOnly => "SELECT 1",
        Access::ReadWrite => PROBE_WRITE,
    };
    sql_query(query).execute(connection)
}
