//! The schema, brought up to date under a lock.

use diesel::{
    PgConnection, QueryResult, QueryableByName, RunQueryDsl,
    migration::MigrationSource,
    pg::Pg,
    sql_query,
    sql_types::{Bool, Text},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use service_kit::call_budget::START_TIMEOUT;

use super::{
    Access, AnyConnection, DatabaseError, DatabaseUrl, connection::connect_for_migration,
    error::is_deadlock, files, postgres_url::with_network_timeouts,
    retry_connect::retry_while_temporary,
};

/// The table whose one row is locked by the transaction that migrates (PostgreSQL). Row locks work on every database
/// of its protocol, and behind a pooler; some of them ignore advisory locks (CockroachDB, YugabyteDB). A lock
/// on the list of migrations would block the health checks of running services, which write to it.
const MAKE_LOCK: &str =
    "CREATE TABLE IF NOT EXISTS migration_lock (id INTEGER PRIMARY KEY, taken BIGINT NOT NULL)";

/// Inserts the row of the table `migration_lock`, unless the table has it.
const MAKE_LOCK_ROW: &str =
    "INSERT INTO migration_lock (id, taken) VALUES (1, 0) ON CONFLICT DO NOTHING";

/// Takes the lock. `UPDATE`, not `SELECT … FOR UPDATE`: with a stale snapshot the update fails and is retried, while
/// the select would succeed.
const LOCK: &str = "UPDATE migration_lock SET taken = taken + 1 WHERE id = 1";

/// A write that changes nothing: the only way to find out whether writing is possible. SQLite opens a file that cannot
/// be written for reading and accepts even `BEGIN IMMEDIATE`; a PostgreSQL server that has become a replica still
/// answers queries. It needs only the right to update this one column.
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
/// When the database is unavailable or a migration fails; then nothing has changed.
pub fn migrate(url: &DatabaseUrl, migrations: Migrations) -> Result<usize, DatabaseError> {
    match url {
        DatabaseUrl::Sqlite(_) => {
            files::create_and_restrict(url)?;
            retry_while_temporary(START_TIMEOUT, || migrate_sqlite(url, (migrations.sqlite)()))
        }
        DatabaseUrl::Postgres(text) => {
            let target = with_network_timeouts(text);
            retry_while_temporary(START_TIMEOUT, || {
                let mut connection = connect_for_migration(url, &target)?;
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
        let done = run_pending(connection, migrations)?;
        sql_query(PROBE_WRITE).execute(connection)?;
        Ok(done)
    })
}

fn migrate_postgres(
    connection: &mut PgConnection,
    migrations: fn() -> EmbeddedMigrations,
) -> Result<usize, DatabaseError> {
    let pending = pending(connection, &migrations())?;
    if pending == 0 {
        return Ok(0);
    }
    let ran = make_lock(connection).and_then(|()| run_locked(connection, migrations()));
    let with_hint = |text| {
        format!("{pending} migrations have to be run, as the role that owns the schema: {text}")
    };
    ran.map_err(|error| match error {
        DatabaseError::Internal(text) => DatabaseError::Internal(with_hint(text)),
        DatabaseError::Unavailable(text) => DatabaseError::Unavailable(with_hint(text)),
        error => error,
    })
}

/// Makes the table and the row that are locked. Several processes may do this at once.
fn make_lock(connection: &mut PgConnection) -> Result<(), DatabaseError> {
    let created = sql_query(MAKE_LOCK).execute(connection);
    // Two processes may create the table at once: one fails even with IF NOT EXISTS, although the table now exists.
    if created.is_err() && !table_exists(connection, "migration_lock")? {
        created?;
    }
    sql_query(MAKE_LOCK_ROW).execute(connection)?;
    Ok(())
}

fn run_locked(
    connection: &mut PgConnection,
    migrations: EmbeddedMigrations,
) -> Result<usize, DatabaseError> {
    // Not the server's default isolation: with a snapshot from before the lock, migrations that another process ran
    // meanwhile would run again.
    connection.build_transaction().read_committed().run(|connection| {
        sql_query("SET LOCAL statement_timeout = 0").execute(connection)?;
        if sql_query(LOCK).execute(connection)? != 1 {
            return Err(DatabaseError::Internal("the row of migration_lock is gone".to_owned()));
        }
        run_pending(connection, migrations)
    })
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

fn table_exists(connection: &mut PgConnection, table: &str) -> QueryResult<bool> {
    let query = format!("SELECT to_regclass('{table}') IS NOT NULL AS table_exists");
    Ok(sql_query(query).get_result::<Exists>(connection)?.table_exists)
}

/// How many migrations have not run yet. Only reads.
fn pending(
    connection: &mut PgConnection,
    migrations: &EmbeddedMigrations,
) -> Result<usize, DatabaseError> {
    let all = MigrationSource::<Pg>::migrations(migrations)
        .map_err(|error| DatabaseError::Internal(format!("migrations: {error}")))?;
    if !table_exists(connection, "__diesel_schema_migrations")? {
        return Ok(all.len());
    }
    let applied: Vec<Applied> =
        sql_query("SELECT version FROM __diesel_schema_migrations").load(connection)?;
    let is_new = |version: String| !applied.iter().any(|one| one.version == version);
    Ok(all.iter().filter(|one| is_new(one.name().version().to_string())).count())
}

fn run_pending<DB: diesel::backend::Backend, C: MigrationHarness<DB>>(
    connection: &mut C,
    migrations: EmbeddedMigrations,
) -> Result<usize, DatabaseError> {
    connection.run_pending_migrations(migrations).map(|done| done.len()).map_err(|error| {
        let text = format!("migration: {error}");
        // A deadlock: the database rolled back one of the two transactions, which may try again.
        if is_deadlock(&text) { DatabaseError::Retry(text) } else { DatabaseError::Internal(text) }
    })
}

/// A cheap query that only a running database answers. With [`Access::ReadWrite`] it also fails while the database
/// cannot be written.
pub(crate) fn probe(connection: &mut AnyConnection, access: Access) -> QueryResult<usize> {
    let query = match access {
        Access::ReadOnly => "SELECT 1",
        Access::ReadWrite => PROBE_WRITE,
    };
    sql_query(query).execute(connection)
}
