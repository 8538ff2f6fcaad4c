//! SQLite or PostgreSQL, picked by the URL's scheme.
//!
//! Work is a closure over a connection. A caller gets its answer, or [`DatabaseError::Unavailable`], within
//! [`CALL_TIMEOUT`](service_kit::call_budget::CALL_TIMEOUT), even if the database hangs. The waits of one HTTP request
//! share that time.
//!
//! # Layout
//!
//! | module | its job |
//! |---|---|
//! | `database.rs` | [`Database`]: read and write, on either database |
//! | `url.rs`, `postgres_url.rs` | [`DatabaseUrl`]: checked, masked, completed with timeouts |
//! | `settings.rs` | [`DatabaseSettings`]: the URL and the size of the pool |
//! | `connection.rs` | [`AnyConnection`]: one connection, set up |
//! | `pool.rs` | connections that are kept |
//! | `call_threads.rs` | threads that run PostgreSQL's blocking calls |
//! | `writer.rs` | SQLite's writer thread, which commits waiting writes together |
//! | `transaction.rs` | transactions on PostgreSQL, and what is run again |
//! | `columns.rs` | the columns of ids and times, on [`AnyConnection`] |
//! | `cached_statement.rs` | [`CachedStatement`]: queries whose prepared statement is kept |
//! | `migrate.rs`, `retry_connect.rs` | the schema, and waiting for a database while a service starts |
//! | `files.rs` | an SQLite database's files, private to their owner |
//! | `error.rs` | [`DatabaseError`], sorted by what the caller can do about it |

mod cached_statement;
mod call_threads;
mod columns;
mod connection;
mod database;
mod error;
mod files;
mod migrate;
mod pool;
mod postgres_url;
mod retry_connect;
mod settings;
#[cfg(test)]
mod tests;
mod transaction;
mod url;
mod writer;

pub use self::{
    cached_statement::CachedStatement,
    connection::AnyConnection,
    database::Database,
    error::{DatabaseError, is_conflict_on},
    migrate::{Migrations, migrate},
    pool::PoolState,
    retry_connect::{find_unusable, wait_until_reachable},
    settings::DatabaseSettings,
    url::{Access, DatabaseUrl},
};
pub use service_kit::columns::{
    ClientIdText, Micros, Seconds, SessionIdText, TokenIdText, UserIdText,
};
