//! One connection to either database.

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::{CacheSize, SimpleConnection},
    sql_query,
    sql_types::Text,
};

use super::{
    Access, DatabaseError, DatabaseUrl, error::one_line, postgres_url::PoolMode,
    transaction::STATEMENT_TIMEOUT_MILLIS,
};

/// A connection to PostgreSQL or SQLite; diesel's queries run on both.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// PostgreSQL.
    Postgres(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// Durable commits (an acknowledged write survives `kill -9` and power loss), readers concurrent with one writer,
/// and a bounded wait where another process writes.
const SQLITE_PRAGMAS: &str = "PRAGMA busy_timeout = 2000; PRAGMA foreign_keys = ON; \
     PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;";

/// Checked on each new connection: a database in another encoding cannot store every name, and a pooler may drop the
/// start-up parameters silently.
const SERVER_SETTINGS: &str = "SELECT current_setting('server_encoding') AS encoding, \
     current_setting('statement_timeout') AS statement_timeout";

const POOLER_HINT: &str = "where a connection pooler such as PgBouncer is in front of the server, \
     add the parameter pool_mode=transaction (or pool_mode=session) to the URL";

#[derive(QueryableByName)]
struct ServerSettings {
    #[diesel(sql_type = Text)]
    encoding: String,
    #[diesel(sql_type = Text)]
    statement_timeout: String,
}

impl AnyConnection {
    /// Connects by scheme. (The derived `establish` tries one database after the other: it would hide
    /// PostgreSQL's error and let SQLite create a file named after the URL.)
    pub(crate) fn connect(url: &DatabaseUrl, access: Access) -> Result<Self, DatabaseError> {
        match url {
            DatabaseUrl::Postgres(_) => {
                let mut connection = establish(url, &url.connect_url(access))?;
                configure_postgres(&mut connection, url, access)?;
                Ok(Self::Postgres(connection))
            }
            DatabaseUrl::Sqlite(_) => {
                let mut connection = establish::<SqliteConnection>(url, &url.connect_url(access))?;
                let mut pragmas = SQLITE_PRAGMAS.to_owned();
                if access == Access::ReadWrite {
                    pragmas.push_str("PRAGMA journal_mode = WAL;");
                }
                connection
                    .batch_execute(&pragmas)
                    .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                Ok(Self::Sqlite(connection))
            }
        }
    }
}

/// A connection for migrations: without a statement time-out, and usable behind every pooler.
pub(crate) fn connect_for_migration(
    url: &DatabaseUrl,
    postgres: &str,
) -> Result<PgConnection, DatabaseError> {
    let mut connection: PgConnection = establish(url, postgres)?;
    connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    check_encoding(&server_settings(&mut connection)?)?;
    Ok(connection)
}

/// Connects. libpq's messages may repeat parts of the URL.
fn establish<C: Connection>(url: &DatabaseUrl, target: &str) -> Result<C, DatabaseError> {
    C::establish(target).map_err(|error| {
        let text = one_line(&url.redact(&error.to_string()));
        if text.contains("unsupported startup parameter") {
            return DatabaseError::Unusable(format!("{text}; {POOLER_HINT}"));
        }
        DatabaseError::Unavailable(text)
    })
}

fn configure_postgres(
    connection: &mut PgConnection,
    url: &DatabaseUrl,
    access: Access,
) -> Result<(), DatabaseError> {
    match url.pool_mode() {
        PoolMode::None => {}
        PoolMode::Session => {
            let bound = format!("SET statement_timeout = {STATEMENT_TIMEOUT_MILLIS}");
            connection.batch_execute(&bound)?;
            if access == Access::ReadOnly {
                connection.batch_execute("SET default_transaction_read_only = on")?;
            }
        }
        // The next transaction may run in another session of the server, where a named prepared statement would be
        // missing, or be another client's of the same name.
        PoolMode::Transaction => connection.set_prepared_statement_cache_size(CacheSize::Disabled),
    }
    let server = server_settings(connection)?;
    check_encoding(&server)?;
    if url.pool_mode() == PoolMode::None
        && url.bounds_statements()
        && server.statement_timeout == "0"
    {
        return Err(DatabaseError::Unusable(format!(
            "the server ignored statement_timeout: {POOLER_HINT}"
        )));
    }
    Ok(())
}

fn server_settings(connection: &mut PgConnection) -> Result<ServerSettings, DatabaseError> {
    Ok(sql_query(SERVER_SETTINGS).get_result(connection)?)
}

fn check_encoding(server: &ServerSettings) -> Result<(), DatabaseError> {
    if server.encoding == "UTF8" {
        return Ok(());
    }
    Err(DatabaseError::Unusable(format!(
        "the database's encoding is {}, and only UTF8 holds every name: \
         CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
        server.encoding
    )))
}
