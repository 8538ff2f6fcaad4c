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
    Access, AnyConnection, DatabaseError, DatabaseUrl, START_WITHIN,
    connection::connect_to_migrate, error::is_deadlock, files, postgres_url::for_migration,
    start::until_it_answers,
};

/// The key of the advisory lock that migrations run under (PostgreSQL): "authpair" in ASCII. A transaction holds it,
/// so it is safe behind a pooler.
const LOCK: i64 = 0x6175_7468_7061_6972;

/// A write that writes nothing. Without it nobody knows: where a file cannot be written, SQLite opens it to be
/// read and lets even `BEGIN IMMEDIATE` pass; where PostgreSQL has become a replica, questions are answered as ever.
/// It needs no more than the right to change this one column.
const CHANGE_NOTHING: &str = "UPDATE __diesel_schema_migrations SET run_on = run_on WHERE 1 = 0";

/// The migrations of both databases.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    /// For SQLite.
    pub sqlite: fn() -> EmbeddedMigrations,
    /// For PostgreSQL.
    pub postgres: fn() -> EmbeddedMigrations,
}

/// Brings the schema up to date. However many processes call this at once, each migration runs once. Waits for a
/// database that is slow. Where nothing is to be done, it needs no right but to read the list of migrations.
/// Returns how many ran.
///
/// # Errors
/// When the database is away or a migration fails; then nothing has changed.
pub fn migrate(url: &DatabaseUrl, migrations: Migrations) -> Result<usize, DatabaseError> {
    match url {
        DatabaseUrl::Sqlite(_) => {
            files::prepare(url)?;
            until_it_answers(START_WITHIN, || migrate_sqlite(url, (migrations.sqlite)()))
        }
        DatabaseUrl::Postgres(text) => {
            let target = for_migration(text);
            until_it_answers(START_WITHIN, || {
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
        return Err(DatabaseError::Fault("not an SQLite file".to_owned()));
    };
    connection.immediate_transaction(|connection| {
        let done = run(connection, migrations)?;
        sql_query(CHANGE_NOTHING).execute(connection)?;
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
        // Not the server's default: with a snapshot from before the lock, what another process did meanwhile would
        // be done again.
        let ran = connection.build_transaction().read_committed().run(|connection| {
            sql_query("SET LOCAL statement_timeout = 0").execute(connection)?;
            sql_query(format!("SELECT pg_advisory_xact_lock({LOCK})")).execute(connection)?;
            run(connection, migrations())
        });
        match ran {
            Ok(done) => return Ok(done),
            // Where advisory locks lock nothing (CockroachDB, YugabyteDB), another process may have been first.
            Err(_) if pending(connection, &migrations())? < before => {}
            Err(DatabaseError::Fault(text)) => {
                return Err(DatabaseError::Fault(format!(
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
    is_there: bool,
}

/// How many migrations have not run yet. Only looks.
fn pending(
    connection: &mut PgConnection,
    migrations: &EmbeddedMigrations,
) -> Result<usize, DatabaseError> {
    let all = MigrationSource::<Pg>::migrations(migrations)
        .map_err(|error| DatabaseError::Fault(format!("migrations: {error}")))?;
    let ask = "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS is_there";
    if !sql_query(ask).get_result::<Exists>(connection)?.is_there {
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
        // Two that wait for each other: one was undone, and may try again.
        if is_deadlock(&text) { DatabaseError::Retry(text) } else { DatabaseError::Fault(text) }
    })
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
