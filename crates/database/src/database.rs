//! Reads and writes a database, SQLite or PostgreSQL.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use service_kit::{call_budget::Wait, metrics::Sample};

use crate::{
    Access, AnyConnection, DatabaseError, DatabaseUrl,
    call_threads::CallThreads,
    files, migrate,
    pool::{Pool, PoolState},
    postgres_url::PoolMode,
    transaction::{TransactionMode, run_in_mode},
    writer::Writer,
};

/// A database with its pool. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    backend: Arc<Backend>,
    access: Access,
    /// Calls that ended in [`DatabaseError::Unavailable`].
    unavailable: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Backend {
    Sqlite { readers: Pool, writer: Option<Writer> },
    Postgres { pool: Pool, threads: CallThreads, pool_mode: PoolMode },
}

impl Database {
    /// Opens the database. Connections are made when they are first needed, so this works while it is unavailable.
    ///
    /// # Errors
    /// When the folder of an SQLite file cannot be made, or a thread cannot be started.
    pub fn open(url: &DatabaseUrl, access: Access, size: u32) -> Result<Self, DatabaseError> {
        let backend = match (url, access) {
            (DatabaseUrl::Sqlite(_), Access::ReadOnly) => {
                Backend::Sqlite { readers: Pool::new(url, access, size), writer: None }
            }
            (DatabaseUrl::Sqlite(_), Access::ReadWrite) => {
                files::create_and_restrict(url)?;
                let readers = Pool::new(url, access, size);
                Backend::Sqlite { readers, writer: Some(Writer::start(url.clone())?) }
            }
            (DatabaseUrl::Postgres(_), _) => Backend::Postgres {
                pool: Pool::new(url, access, size),
                threads: CallThreads::start(size)?,
                pool_mode: url.pool_mode(),
            },
        };
        Ok(Self { backend: Arc::new(backend), access, unavailable: Arc::default() })
    }

    /// Runs queries that change nothing. Several queries do not see one snapshot: a change by others between them is
    /// seen by the later ones. May run them again: on another connection if the first was dead, and where PostgreSQL
    /// rolled them back because of a conflict with another transaction.
    ///
    /// # Errors
    /// See [`DatabaseError`].
    pub async fn read<T, F>(&self, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        let wait = Wait::begin();
        self.count_unavailable(match &*self.backend {
            // Reading a page of an embedded file costs less than handing the work to another thread.
            Backend::Sqlite { readers, .. } => readers.run(wait.deadline(), &work),
            postgres => run_on_worker(postgres, &wait, TransactionMode::Read, work).await,
        })
    }

    /// Runs statements as one transaction: all of them are kept, durably, or, if `work` fails, none.
    ///
    /// `work` opens no transaction of its own. It is run again, at most eight times, where PostgreSQL rolled it back
    /// because of a conflict with another transaction (a serialization failure or a deadlock). On SQLite all writes
    /// go through one thread, which commits waiting writes together.
    ///
    /// # Errors
    /// See [`DatabaseError`]. After `Unavailable` it is unknown whether the work was committed.
    pub async fn write<T, F>(&self, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        let wait = Wait::begin();
        self.count_unavailable(match &*self.backend {
            Backend::Sqlite { writer, .. } => Self::writer(writer.as_ref())?.run(&wait, work).await,
            postgres => run_on_worker(postgres, &wait, TransactionMode::Transaction, work).await,
        })
    }

    /// Runs work that may be run twice without harm and changes data with one statement at most, such as a
    /// compare-and-swap update with reads around it. Saves PostgreSQL two round trips over [`Database::write`].
    ///
    /// The same on both databases: that statement is atomic, the reads around it are not part of it, and after an error
    /// it is unknown whether it was committed.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn write_without_transaction<T, F>(&self, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        let wait = Wait::begin();
        self.count_unavailable(match &*self.backend {
            Backend::Sqlite { writer, .. } => Self::writer(writer.as_ref())?.run(&wait, work).await,
            postgres => run_on_worker(postgres, &wait, TransactionMode::Autocommit, work).await,
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
            Access::ReadWrite => self.write_without_transaction(probe).await,
        }
    }

    /// The state of the pool; on SQLite, of the connections that read.
    pub fn pool_state(&self) -> PoolState {
        self.pool().state()
    }

    /// The samples for `/metrics`. On SQLite they count only the connections that read.
    pub fn samples(&self) -> Vec<Sample> {
        let mut samples = self.pool().samples();
        let waiting = match &*self.backend {
            Backend::Sqlite { writer, .. } => writer.as_ref().map_or(0, Writer::waiting),
            Backend::Postgres { threads, .. } => threads.waiting(),
        };
        samples.push(Sample::count(
            "database_callers_waiting",
            "Calls that wait for a thread of the database, or on SQLite for the writer",
            waiting,
        ));
        samples.push(Sample::counter(
            "database_unavailable",
            "Calls to the database that ended without an answer: it was unavailable, or too slow",
            self.unavailable.load(Ordering::Relaxed),
        ));
        samples
    }

    fn pool(&self) -> &Pool {
        match &*self.backend {
            Backend::Sqlite { readers: pool, .. } | Backend::Postgres { pool, .. } => pool,
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
    backend: &Backend,
    wait: &Wait,
    mode: TransactionMode,
    work: F,
) -> Result<T, DatabaseError>
where
    T: Send + 'static,
    F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
{
    let Backend::Postgres { pool, threads, pool_mode } = backend else {
        return Err(DatabaseError::Internal("only PostgreSQL has worker threads".to_owned()));
    };
    let (pool, pool_mode, deadline) = (pool.clone(), *pool_mode, wait.deadline());
    let work = move |connection: &mut AnyConnection| {
        // A retry on another connection may come after the caller has left.
        if Instant::now() >= deadline.at {
            return Err(DatabaseError::Unavailable("the request's time is used up".to_owned()));
        }
        run_in_mode(connection, pool_mode, mode, &work)
    };
    threads.run(wait, move || pool.run(deadline, work)).await
}
