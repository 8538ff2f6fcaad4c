//! SQLite or PostgreSQL behind one door, picked by URL scheme.
//!
//! Work is a closure over a connection. Whatever the database does, a caller has its answer, or
//! [`DatabaseError::Unavailable`], within [`ANSWER_WITHIN`]; the waits of one HTTP request share that time.

mod budget;
mod connection;
mod error;
mod files;
mod fixed;
mod migrate;
mod pool;
mod postgres_url;
mod queue;
mod start;
#[cfg(test)]
mod tests;
mod threads;
mod transaction;
mod url;
mod writer;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use self::{
    budget::Wait,
    pool::Pool,
    postgres_url::PoolMode,
    threads::Threads,
    transaction::{Scope, run_in},
    writer::Writer,
};
pub use self::{
    budget::{
        ANSWER_WITHIN, START_WITHIN, share_budget, spend, time_left, wait_for, wait_patiently,
        with_half_the_time,
    },
    connection::AnyConnection,
    error::{DatabaseError, is_conflict_on},
    fixed::Fixed,
    migrate::{Migrations, migrate},
    start::reach,
    url::{Access, DatabaseUrl},
};
use crate::metrics::Figure;

/// A database with its pool. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    inner: Arc<Inner>,
    access: Access,
    /// Callers that heard [`DatabaseError::Unavailable`].
    unavailable: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Inner {
    Sqlite { readers: Pool, writer: Option<Writer> },
    Postgres { pool: Pool, threads: Threads, mode: PoolMode },
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
                threads: Threads::start(size)?,
                mode: url.pool_mode(),
            },
        };
        Ok(Self { inner: Arc::new(inner), access, unavailable: Arc::default() })
    }

    /// Runs queries that change nothing. May run them again: on another connection if the first was dead, and where
    /// PostgreSQL undid them because of what others did at the same time.
    ///
    /// # Errors
    /// See [`DatabaseError`].
    pub async fn read<T, F>(&self, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        let wait = Wait::begin();
        self.noted(match &*self.inner {
            // A page of an embedded file costs less than a hand-over to another thread.
            Inner::Sqlite { readers, .. } => readers.run(wait.limit(), &work),
            postgres => run_aside(postgres, &wait, Scope::Read, work).await,
        })
    }

    /// Runs statements as one transaction: all of them are kept, durably, or, if `work` fails, none.
    ///
    /// `work` opens no transaction of its own, and is run again, at most five times, where PostgreSQL undid it because
    /// of what others did at the same time (a serialization failure or a deadlock). On SQLite all writes go through one thread, which commits
    /// those that wait together.
    ///
    /// # Errors
    /// See [`DatabaseError`]. After `Unavailable` the work may or may not have been kept.
    pub async fn write<T, F>(&self, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        self.write_in_company(false, work).await
    }

    /// The same. What `can_wait` may, on SQLite, wait a few milliseconds for others to share its commit.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn write_in_company<T, F>(&self, can_wait: bool, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        let wait = Wait::begin();
        self.noted(match &*self.inner {
            Inner::Sqlite { writer, .. } => {
                Self::writer(writer.as_ref())?.run(&wait, work, can_wait).await
            }
            postgres => run_aside(postgres, &wait, Scope::Whole, work).await,
        })
    }

    /// Runs statements that each commit by themselves, and may be run twice without harm: compare-and-swap
    /// updates and the reads around them. Saves PostgreSQL two round trips over [`Database::write`].
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn write_each<T, F>(&self, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        let wait = Wait::begin();
        self.noted(match &*self.inner {
            Inner::Sqlite { writer, .. } => {
                Self::writer(writer.as_ref())?.run(&wait, work, false).await
            }
            postgres => run_aside(postgres, &wait, Scope::Each, work).await,
        })
    }

    /// Whether the database answers and, unless it was opened read-only, can be written.
    ///
    /// # Errors
    /// When it does not, with the reason.
    pub async fn check(&self) -> Result<(), DatabaseError> {
        let access = self.access;
        let ask =
            move |connection: &mut AnyConnection| Ok(migrate::ask(connection, access).map(drop)?);
        match access {
            Access::ReadOnly => self.read(ask).await,
            Access::ReadWrite => self.write_each(ask).await,
        }
    }

    /// Whether this is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(&*self.inner, Inner::Postgres { .. })
    }

    /// Connections in use and open; on SQLite, of those that read.
    pub fn pool_state(&self) -> (u32, u32) {
        self.pool().state()
    }

    /// What `/metrics` shows of it. On SQLite these are the connections that read.
    pub fn figures(&self) -> Vec<Figure> {
        let mut figures = self.pool().figures();
        let waiting = match &*self.inner {
            Inner::Sqlite { .. } => 0,
            Inner::Postgres { threads, .. } => threads.waiting(),
        };
        figures.push(Figure::count(
            "database_callers_waiting",
            "Calls that wait for a database connection",
            waiting,
        ));
        figures.push(Figure::counter(
            "database_unavailable",
            "Calls to the database that ended without an answer: it was away, or too slow",
            self.unavailable.load(Ordering::Relaxed),
        ));
        figures
    }

    fn pool(&self) -> &Pool {
        match &*self.inner {
            Inner::Sqlite { readers: pool, .. } | Inner::Postgres { pool, .. } => pool,
        }
    }

    fn noted<T>(&self, result: Result<T, DatabaseError>) -> Result<T, DatabaseError> {
        if matches!(result, Err(DatabaseError::Unavailable(_) | DatabaseError::Lost(_))) {
            self.unavailable.fetch_add(1, Ordering::Relaxed);
        }
        result
    }

    fn writer(writer: Option<&Writer>) -> Result<&Writer, DatabaseError> {
        writer.ok_or_else(|| DatabaseError::Fault("the database was opened read-only".to_owned()))
    }
}

/// Runs `work` on a thread that may wait.
async fn run_aside<T, F>(
    inner: &Inner,
    wait: &Wait,
    scope: Scope,
    work: F,
) -> Result<T, DatabaseError>
where
    T: Send + 'static,
    F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
{
    let Inner::Postgres { pool, threads, mode } = inner else {
        return Err(DatabaseError::Fault("only PostgreSQL's work is run aside".to_owned()));
    };
    let (pool, mode, limit) = (pool.clone(), *mode, wait.limit());
    let work = move |connection: &mut AnyConnection| {
        // On another connection it may begin again after its caller has left.
        if Instant::now() >= limit.until {
            return Err(DatabaseError::Unavailable("the caller has left".to_owned()));
        }
        run_in(connection, (mode, scope), &work)
    };
    threads.run(wait, move || pool.run(limit, work)).await
}
