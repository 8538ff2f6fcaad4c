//! SQLite or PostgreSQL behind one door, picked by URL scheme.
//!
//! Work is a closure over a connection. Whatever the database does, a caller has its answer, or
//! [`DatabaseError::Unavailable`], within [`ANSWER_WITHIN`].

mod connection;
mod error;
mod fixed;
mod migrate;
mod pool;
mod queue;
#[cfg(test)]
mod tests;
mod threads;
mod url;
mod writer;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

pub use self::{
    connection::AnyConnection,
    error::{DatabaseError, is_conflict_on},
    fixed::Fixed,
    migrate::{Migrations, migrate},
    url::{Access, DatabaseUrl},
};
use self::{pool::Pool, threads::Threads, writer::Writer};
use crate::metrics::Figure;

/// The longest a caller waits for an answer.
pub const ANSWER_WITHIN: Duration = Duration::from_millis(2_500);

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
    Postgres { pool: Pool, threads: Threads },
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
            (DatabaseUrl::Sqlite(path), Access::ReadWrite) => {
                url::make_parent(path)?;
                let readers = Pool::new(url, access, size);
                Inner::Sqlite { readers, writer: Some(Writer::start(url.clone())?) }
            }
            (DatabaseUrl::Postgres(_), _) => Inner::Postgres {
                pool: Pool::new(url, access, size),
                threads: Threads::start(size)?,
            },
        };
        Ok(Self { inner: Arc::new(inner), access, unavailable: Arc::default() })
    }

    /// Runs queries that change nothing. May run them again on another connection if the first was dead.
    ///
    /// # Errors
    /// See [`DatabaseError`].
    pub async fn read<T, F>(&self, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        self.noted(match &*self.inner {
            // A page of an embedded file costs less than a hand-over to another thread.
            Inner::Sqlite { readers, .. } => readers.run(&work),
            Inner::Postgres { pool, threads } => run_aside(pool, threads, work).await,
        })
    }

    /// Runs statements as one transaction: all of them are kept, durably, or, if `work` fails, none.
    ///
    /// `work` opens no transaction of its own. On SQLite all writes go through one thread, which commits
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
        self.noted(match &*self.inner {
            Inner::Sqlite { writer, .. } => {
                Self::writer(writer.as_ref())?.run(work, can_wait).await
            }
            Inner::Postgres { pool, threads } => {
                run_aside(pool, threads, move |connection| in_transaction(connection, &work)).await
            }
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
        self.noted(match &*self.inner {
            Inner::Sqlite { writer, .. } => Self::writer(writer.as_ref())?.run(work, false).await,
            Inner::Postgres { pool, threads } => run_aside(pool, threads, work).await,
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
async fn run_aside<T, F>(pool: &Pool, threads: &Threads, work: F) -> Result<T, DatabaseError>
where
    T: Send + 'static,
    F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
{
    let (pool, asked) = (pool.clone(), Instant::now());
    // On another connection it may begin again after its caller has left.
    let work = move |connection: &mut AnyConnection| {
        if asked.elapsed() >= ANSWER_WITHIN {
            return Err(DatabaseError::Unavailable("the caller has left".to_owned()));
        }
        work(connection)
    };
    threads.run(move || pool.run(work)).await
}

/// One transaction. A connection found dead at its beginning is tried again elsewhere; one lost later is not,
/// for nobody knows whether the commit arrived.
fn in_transaction<T>(
    connection: &mut AnyConnection,
    work: impl Fn(&mut AnyConnection) -> Result<T, DatabaseError>,
) -> Result<T, DatabaseError> {
    let mut begun = false;
    let result = diesel::Connection::transaction(connection, |connection| {
        begun = true;
        work(connection)
    });
    match result {
        Err(DatabaseError::Lost(text)) if begun => Err(DatabaseError::Unavailable(text)),
        result => result,
    }
}
