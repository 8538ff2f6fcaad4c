//! One connection to either database.

use diesel::{
    Connection, ConnectionResult, PgConnection, SqliteConnection, connection::SimpleConnection,
};

use super::{Access, DatabaseUrl};

/// A connection to PostgreSQL or SQLite. diesel's queries run on it as on either.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// PostgreSQL.
    Postgres(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// Durable commits (an acknowledged write survives `kill -9` and power loss), readers beside one writer,
/// and a bounded wait where another process writes.
const SQLITE_PRAGMAS: &str = "PRAGMA busy_timeout = 2000; PRAGMA foreign_keys = ON; \
     PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;";

impl AnyConnection {
    /// Connects by scheme. (The derived `establish` tries one database after the other: it would hide
    /// PostgreSQL's error and let SQLite make a file named like the URL.)
    pub(super) fn connect(url: &DatabaseUrl, access: Access) -> ConnectionResult<Self> {
        let target = url.to_connect(access);
        match url {
            DatabaseUrl::Postgres(_) => PgConnection::establish(&target).map(Self::Postgres),
            DatabaseUrl::Sqlite(_) => {
                let mut connection = SqliteConnection::establish(&target)?;
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
