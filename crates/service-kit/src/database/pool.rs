//! Connections that are kept, with bounded waits.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use r2d2::ManageConnection;

use super::{
    Access, AnyConnection, DatabaseError, DatabaseUrl, budget::Limit, transaction::with_retries,
};
use crate::metrics::Figure;

/// How long a thread waits for a connection to be made.
const CONNECT_WITHIN: Duration = Duration::from_millis(2_000);

/// The same for SQLite, where the wait is on a thread that has other requests to serve.
const OPEN_WITHIN: Duration = Duration::from_millis(250);

/// A pool of connections to one database. Clones are the same pool.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    connections: r2d2::Pool<Manager>,
    /// How long a caller waits for a connection to be made.
    connect_within: Duration,
    /// How often work was run again after a serialization failure or a deadlock.
    retries: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Manager {
    url: DatabaseUrl,
    access: Access,
}

/// A connection that remembers whether it may go back.
struct Kept {
    connection: AnyConnection,
    /// Found dead or in trouble, or left in the middle of its work by a panic: in a transaction, perhaps, that
    /// would swallow everything its next user writes.
    unfit: bool,
}

impl ManageConnection for Manager {
    type Connection = Kept;
    type Error = DatabaseError;

    fn connect(&self) -> Result<Kept, DatabaseError> {
        let connection = AnyConnection::connect(&self.url, self.access)?;
        Ok(Kept { connection, unfit: false })
    }

    fn is_valid(&self, _: &mut Kept) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn has_broken(&self, kept: &mut Kept) -> bool {
        kept.unfit
    }
}

/// r2d2 would log each failed attempt as an error; the caller's own answer tells as much.
#[derive(Debug)]
struct Quiet;

impl r2d2::HandleError<DatabaseError> for Quiet {
    fn handle_error(&self, error: DatabaseError) {
        tracing::debug!(%error, "no connection yet");
    }
}

impl Pool {
    pub(super) fn new(url: &DatabaseUrl, access: Access, size: u32) -> Self {
        let size = size.max(1);
        let connect_within = match url {
            DatabaseUrl::Sqlite(_) => OPEN_WITHIN,
            DatabaseUrl::Postgres(_) => CONNECT_WITHIN,
        };
        let connections = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            // A check on each check-out costs a round trip; a dead connection costs one retry instead.
            .test_on_check_out(false)
            .connection_timeout(connect_within)
            .error_handler(Box::new(Quiet))
            .build_unchecked(Manager { url: url.clone(), access });
        Self { connections, connect_within, retries: Arc::default() }
    }

    /// Runs `work` on this thread, again on another connection for each that is found dead: after a restart of the
    /// database every kept one is. What the database undid is run again on the same one.
    pub(super) fn run<T>(
        &self,
        limit: Limit,
        work: impl Fn(&mut AnyConnection) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        let pool = &self.connections;
        let mut last = None;
        for _ in 0..=pool.max_size() {
            let mut kept = match pool.get_timeout(self.wait(limit)) {
                Ok(kept) => kept,
                Err(error) => {
                    return Err(last.unwrap_or(DatabaseError::Unavailable(error.to_string())));
                }
            };
            kept.unfit = true;
            let retried = || {
                self.retries.fetch_add(1, Ordering::Relaxed);
            };
            let result = with_retries(limit.until, retried, || work(&mut kept.connection));
            kept.unfit = result.as_ref().err().is_some_and(DatabaseError::spoils_connection);
            match result {
                Err(DatabaseError::Lost(text)) => last = Some(DatabaseError::Unavailable(text)),
                result => return result,
            }
        }
        Err(last.unwrap_or_else(|| DatabaseError::Unavailable("no connection".to_owned())))
    }

    fn wait(&self, limit: Limit) -> Duration {
        let left = limit.until.saturating_duration_since(Instant::now());
        if limit.patient { left } else { left.min(self.connect_within) }
    }

    /// Connections in use and open.
    pub(super) fn state(&self) -> (u32, u32) {
        let state = self.connections.state();
        (state.connections.saturating_sub(state.idle_connections), state.connections)
    }

    /// What `/metrics` shows of it.
    pub(super) fn figures(&self) -> Vec<Figure> {
        let (busy, open) = self.state();
        let gauge = |name, help, value: u32| Figure::gauge(name, help, value.into());
        vec![
            gauge("database_connections_busy", "Database connections in use", busy),
            gauge("database_connections", "Database connections open", open),
            gauge(
                "database_connections_most",
                "Database connections that may be open",
                self.connections.max_size(),
            ),
            Figure::counter(
                "database_retries",
                "Runs of work that the database undid before, after a serialization failure or a deadlock",
                self.retries.load(Ordering::Relaxed),
            ),
        ]
    }
}
