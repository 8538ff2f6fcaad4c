//! SQLite or PostgreSQL, picked by the URL's scheme.
//!
//! Work is a closure over a connection. A caller gets its answer, or [`DatabaseError::Unavailable`], within
//! [`CALL_TIMEOUT`], whatever the database does; the waits of one HTTP request share that time.
//!
//! # Layout
//!
//! | module | its job |
//! |---|---|
//! | `lib.rs` | [`Database`]: read and write, on either database |
//! | `url.rs`, `postgres_url.rs` | [`DatabaseUrl`]: checked, masked, completed with timeouts |
//! | `settings.rs` | [`DatabaseSettings`]: the URL and the size of the pool |
//! | `connection.rs` | [`AnyConnection`]: one connection, set up |
//! | `pool.rs` | connections that are kept |
//! | `queue.rs`, `worker_pool.rs` | threads that run PostgreSQL's blocking calls |
//! | `writer.rs` | SQLite's writer thread, which commits waiting writes together |
//! | `transaction.rs` | transactions on PostgreSQL, and what is run again |
//! | `cached_statement.rs` | [`CachedStatement`]: queries whose prepared statement is kept |
//! | `migrate.rs`, `retry_connect.rs` | the schema, and waiting for a database while a service starts |
//! | `files.rs` | an SQLite database's files, private to their owner |
//! | `error.rs` | [`DatabaseError`], sorted by what the caller can do about it |

mod cached_statement;
mod connection;
mod error;
mod files;
mod migrate;
mod pool;
mod postgres_url;
mod queue;
mod retry_connect;
mod settings;
#[cfg(test)]
mod tests;
mod transaction;
mod url;
mod worker_pool;
mod writer;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

pub use self::{
    cached_statement::CachedStatement,
    connection::AnyConnection,
    error::{DatabaseError, is_conflict_on},
    migrate::{Migrations, migrate},
    retry_connect::{find_unusable, wait_until_reachable},
    settings::DatabaseSettings,
    url::{Access, DatabaseUrl},
};
use self::{
    pool::Pool,
    postgres_url::PoolMode,
    transaction::{Scope, run_in},
    worker_pool::WorkerPool,
    writer::Writer,
};
pub use service_kit::call_budget::{
    CALL_TIMEOUT, START_TIMEOUT, share_budget, spend, time_left, wait_for, with_half_the_time,
    with_start_timeout,
};
use service_kit::{call_budget::Wait, metrics::Sample};

/// A database with its pool. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    inner: Arc<Inner>,
    access: Access,
    /// Calls that ended in [`DatabaseError::Unavailable`].
    unavailable: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Inner {
    Sqlite { readers: Pool, writer: Option<Writer> },
    Postgres { pool: Pool, workers: WorkerPool, mode: PoolMode },
}

impl Database {
    /// Opens the database. Connections are made when they are first needed, so this works while it is away.
    ///
    /// # Errors
    /// When the folder of an SQLite file cannot be made, or a thread not be started.
    pub fn open(url: &DatabaseUrl, access: Access, size: u32) -> Result<Self, DatabaseError> {
        let inner = match (url, access) {
            (DatabaseUrl::Sqlite(_), Access::ReadOnly) => {
                Inner::Sqlite { readers: Pool::new(url, access, size), writer: None }
            }
            (DatabaseUrl::Sqlite(_), Access::ReadWrite) => {
                files::prepare(url)?;
                let readers = Pool::new(url, access, size);
                Inner::Sqlite { readers, writer: Some(Writer::start(url.clone())?) }
            }
            (DatabaseUrl::Postgres(_), _) => Inner::Postgres {
                pool: Pool::new(url, access, size),
                workers: WorkerPool::start(size)?,
                mode: url.pool_mode(),
            },
        };
        Ok(Self { inner: Arc::new(inner), access, unavailable: Arc::default() })
    }

    /// Runs queries that change nothing. May run them again: on another connection if the first was dead, and where
    /// PostgreSQL undid them because of a conflict with another transaction.
    ///
    /// # Errors
    /// See [`DatabaseError`].
    pub async fn read<T, F>(&self, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        let wait = Wait::begin();
        self.count_unavailable(match &*self.inner {
            // Reading a page of an embedded file costs less than handing the work to another thread.
            Inner::Sqlite { readers, .. } => readers.run(wait.deadline(), &work),
            postgres => run_on_worker(postgres, &wait, Scope::Read, work).await,
        })
    }

    /// Runs statements as one transaction: all of them are kept, durably, or, if `work` fails, none.
    ///
    /// `work` opens no transaction of its own. It is run again, at most eight times, where PostgreSQL undid it because of
    /// a conflict with another transaction (a serialization failure or a deadlock). On SQLite all writes go through one
    /// thread, which commits waiting writes together.
    ///
    /// # Errors
    /// See [`DatabaseError`]. After `Unavailable` the work may or may not have been kept.
    pub async fn write<T, F>(&self, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        self.write_batched(false, work).await
    }

    /// Like [`Database::write`]. If it `may_wait`, SQLite's writer may delay its commit by a few milliseconds, so that
    /// writes that come soon share it.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn write_batched<T, F>(&self, may_wait: bool, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        let wait = Wait::begin();
        self.count_unavailable(match &*self.inner {
            Inner::Sqlite { writer, .. } => {
                Self::writer(writer.as_ref())?.run(&wait, work, may_wait).await
            }
            postgres => run_on_worker(postgres, &wait, Scope::Transaction, work).await,
        })
    }

    /// Runs work that may be run twice without harm and changes data with one statement at most, such as a
    /// compare-and-swap update with reads around it. Saves PostgreSQL two round trips over [`Database::write`].
    ///
    /// The same on both databases: that statement is atomic, the reads around it are not part of it, and after an error
    /// it may or may not have been kept.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn write_idempotent<T, F>(&self, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        let wait = Wait::begin();
        self.count_unavailable(match &*self.inner {
            Inner::Sqlite { writer, .. } => {
                Self::writer(writer.as_ref())?.run(&wait, work, false).await
            }
            postgres => run_on_worker(postgres, &wait, Scope::Autocommit, work).await,
        })
    }

    /// Whether the database answers and, unless it was opened read-only, can be written.
    ///
    /// # Errors
    /// When it does not, with the reason.
    pub async fn check(&self) -> Result<(), DatabaseError> {
        let access = self.access;
        let probe =
            move |connection: &mut AnyConnection| Ok(migrate::probe(connection, access).map(drop)?);
        match access {
            Access::ReadOnly => self.read(probe).await,
            Access::ReadWrite => self.write_idempotent(probe).await,
        }
    }

    /// Connections in use and open; on SQLite, of those that read.
    pub fn pool_state(&self) -> (u32, u32) {
        self.pool().state()
    }

    /// What `/metrics` shows of it. On SQLite these are the connections that read.
    pub fn samples(&self) -> Vec<Sample> {
        let mut samples = self.pool().samples();
        let waiting = match &*self.inner {
            Inner::Sqlite { .. } => 0,
            Inner::Postgres { workers, .. } => workers.waiting(),
        };
        samples.push(Sample::count(
            "database_callers_waiting",
            "Calls that wait for a database connection",
            waiting,
        ));
        samples.push(Sample::counter(
            "database_unavailable",
            "Calls to the database that ended without an answer: it was away, or too slow",
            self.unavailable.load(Ordering::Relaxed),
        ));
        samples
    }

    fn pool(&self) -> &Pool {
        match &*self.inner {
            Inner::Sqlite { readers: pool, .. } | Inner::Postgres { pool, .. } => pool,
        }
    }

    fn count_unavailable<T>(&self, result: Result<T, DatabaseError>) -> Result<T, DatabaseError> {
        if matches!(result, Err(DatabaseError::Unavailable(_) | DatabaseError::Lost(_))) {
            self.unavailable.fetch_add(1, Ordering::Relaxed);
        }
        result
    }

    fn writer(writer: Option<&Writer>) -> Result<&Writer, DatabaseError> {
        writer
            .ok_or_else(|| DatabaseError::Internal("the database was opened read-only".to_owned()))
    }
}

/// Runs `work` on a worker thread, because it blocks.
async fn run_on_worker<T, F>(
    inner: &Inner,
    wait: &Wait,
    scope: Scope,
    work: F,
) -> Result<T, DatabaseError>
where
    T: Send + 'static,
    F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
{
    let Inner::Postgres { pool, workers, mode } = inner else {
        return Err(DatabaseError::Internal("only PostgreSQL has worker threads".to_owned()));
    };
    let (pool, mode, deadline) = (pool.clone(), *mode, wait.deadline());
    let work = move |connection: &mut AnyConnection| {
        // A retry on another connection may come after the caller has left.
        if Instant::now() >= deadline.at {
            return Err(DatabaseError::Unavailable("the request's time is used up".to_owned()));
        }
        run_in(connection, (mode, scope), &work)
    };
    workers.run(wait, move || pool.run(deadline, work)).await
}
