//! The connection pool, with bounded waits.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use r2d2::ManageConnection;

use service_kit::{call_budget::Deadline, metrics::Sample};

use super::{Access, AnyConnection, DatabaseError, DatabaseUrl, transaction::with_retries};

/// How long a worker thread waits for a new connection to PostgreSQL.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(2_000);

/// The same for SQLite, where the thread that waits has other requests to serve.
const OPEN_TIMEOUT: Duration = Duration::from_millis(250);

/// How many connections there are.
#[derive(Clone, Copy, Debug)]
pub struct PoolState {
    /// Connections that work at the moment.
    pub in_use: u32,
    /// Connections that are open, idle ones included.
    pub open: u32,
}

/// A pool of connections to one database. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    connections: r2d2::Pool<Manager>,
    /// How long a caller waits for a new connection.
    connect_timeout: Duration,
    /// Retries after a serialization failure or a deadlock.
    retries: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Manager {
    url: DatabaseUrl,
    access: Access,
}

/// A pooled connection, and whether it may be reused.
struct PooledConnection {
    connection: AnyConnection,
    /// It was found dead or failing, or a panic left it in the middle of its work: the next
    /// user's writes would join, and be lost with, the open transaction.
    broken: bool,
}

impl ManageConnection for Manager {
    type Connection = PooledConnection;
    type Error = DatabaseError;

    fn connect(&self) -> Result<PooledConnection, DatabaseError> {
        let connection = AnyConnection::connect(&self.url, self.access)?;
        Ok(PooledConnection { connection, broken: false })
    }

    fn is_valid(&self, _: &mut PooledConnection) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn has_broken(&self, pooled: &mut PooledConnection) -> bool {
        pooled.broken
    }
}

/// r2d2 would log each failed attempt as an error. The caller gets the error anyway.
#[derive(Debug)]
struct LogAtDebug;

impl r2d2::HandleError<DatabaseError> for LogAtDebug {
    fn handle_error(&self, error: DatabaseError) {
        tracing::debug!(%error, "no connection yet");
    }
}

impl Pool {
    pub(crate) fn new(url: &DatabaseUrl, access: Access, size: u32) -> Self {
        let size = size.max(1);
        let connect_timeout = match url {
            DatabaseUrl::Sqlite(_) => OPEN_TIMEOUT,
            DatabaseUrl::Postgres(_) => CONNECT_TIMEOUT,
        };
        let connections = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            // A check on each check-out costs a round trip; a dead connection costs one retry instead.
            .test_on_check_out(false)
            .connection_timeout(connect_timeout)
            .error_handler(Box::new(LogAtDebug))
            .build_unchecked(Manager { url: url.clone(), access });
        Self { connections, connect_timeout, retries: Arc::default() }
    }

    /// Runs `work` on this thread. It runs again on another connection if the first is dead (after a restart of the
    /// database all pooled ones are), and on the same connection if the database rolled it back.
    pub(crate) fn run<T>(
        &self,
        deadline: Deadline,
        work: impl Fn(&mut AnyConnection) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        let pool = &self.connections;
        let mut last = None;
        for _ in 0..=pool.max_size() {
            let mut pooled = match pool.get_timeout(self.wait(deadline)) {
                Ok(pooled) => pooled,
                Err(error) => {
                    return Err(last.unwrap_or(DatabaseError::Unavailable(error.to_string())));
                }
            };
            pooled.broken = true;
            let retried = || {
                self.retries.fetch_add(1, Ordering::Relaxed);
            };
            let result = with_retries(deadline.at, retried, || work(&mut pooled.connection));
            pooled.broken = result.as_ref().err().is_some_and(DatabaseError::breaks_connection);
            match result {
                Err(DatabaseError::Lost(text)) => last = Some(DatabaseError::Unavailable(text)),
                result => return result,
            }
        }
        Err(last.unwrap_or_else(|| DatabaseError::Unavailable("no connection".to_owned())))
    }

    fn wait(&self, deadline: Deadline) -> Duration {
        let left = deadline.at.saturating_duration_since(Instant::now());
        if deadline.is_start { left } else { left.min(self.connect_timeout) }
    }

    pub(crate) fn state(&self) -> PoolState {
        let state = self.connections.state();
        let in_use = state.connections.saturating_sub(state.idle_connections);
        PoolState { in_use, open: state.connections }
    }

    /// The samples for `/metrics`.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        let PoolState { in_use, open } = self.state();
        let gauge = |name, help, value: u32| Sample::gauge(name, help, value.into());
        vec![
            gauge("database_connections_busy", "Database connections in use", in_use),
            gauge("database_connections", "Database connections open", open),
            gauge(
                "database_connections_max",
                "Database connections that may be open",
                self.connections.max_size(),
            ),
            Sample::counter(
                "database_retries",
                "Retries after a serialization failure or a deadlock",
                self.retries.load(Ordering::Relaxed),
            ),
        ]
    }
}
