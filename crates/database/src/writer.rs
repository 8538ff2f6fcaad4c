//! SQLite's writer: one thread, which commits waiting writes together (group commit).
//!
//! Each durable commit costs a flush to disk; ten writes in one commit cost one flush. A write that fails is undone
//! alone, by its savepoint if it shares the transaction. Callers get their result only after the commit.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crossbeam_channel::Receiver;
use diesel::connection::SimpleConnection;
use service_kit::{
    call_budget::Wait,
    worker_pool::{BoundedQueue, Worker, WorkerPool, bounded},
};
use tokio::sync::oneshot;
use tracing::Span;

use super::{
    Access, AnyConnection, DatabaseError, DatabaseUrl,
    call_threads::{CAPACITY, call, work_panicked},
};

/// The most writes in one commit: more would delay the first of them.
const MAX_BATCH: usize = 64;

type Job = Box<dyn WriteJob>;

/// Hands writes to the thread that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    pool: WorkerPool<BoundedQueue<Job>>,
}

impl Writer {
    pub(crate) fn start(url: DatabaseUrl) -> Result<Self, DatabaseError> {
        let (queue, jobs) = bounded(CAPACITY);
        let worker = WriteThread { url, connection: None };
        let pool = WorkerPool::start("sqlite-writer", queue, &jobs, [worker])
            .map_err(|error| DatabaseError::Internal(format!("writer thread: {error}")))?;
        Ok(Self { pool })
    }

    /// Writes that wait for the next commit.
    pub(crate) fn waiting(&self) -> usize {
        self.pool.waiting()
    }

    /// Runs `work` in the next commit.
    pub(crate) async fn run<T, F>(&self, wait: &Wait, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let span = Span::current();
        let job: Job = Box::new(Pending { work, span, result: None, answer: sender });
        call(&self.pool, wait, job, receiver).await
    }
}

/// A write with its caller, whatever its result's type.
trait WriteJob: Send {
    /// Whether its caller still waits; if not, the write is not run.
    fn caller_waits(&self) -> bool;
    /// Runs it and keeps the result; returns whether to keep its changes.
    fn run(&mut self, connection: &mut AnyConnection) -> bool;
    /// Whether its error means that the connection is broken.
    fn broke_connection(&self) -> bool;
    /// The caller's span, for the log.
    fn span(&self) -> &Span;
    /// Sends the caller its result, after the commit or instead of it.
    fn answer(self: Box<Self>, commit: Result<(), String>);
}

struct Pending<T, F> {
    work: F,
    /// The caller's, so that log lines show which request they belong to.
    span: Span,
    result: Option<Result<T, DatabaseError>>,
    answer: oneshot::Sender<Result<T, DatabaseError>>,
}

impl<T, F> WriteJob for Pending<T, F>
where
    T: Send,
    F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send,
{
    fn caller_waits(&self) -> bool {
        !self.answer.is_closed()
    }

    fn run(&mut self, connection: &mut AnyConnection) -> bool {
        let result = self.span.in_scope(|| (self.work)(connection));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn broke_connection(&self) -> bool {
        matches!(&self.result, Some(Err(error)) if error.breaks_connection())
    }

    fn span(&self) -> &Span {
        &self.span
    }

    fn answer(self: Box<Self>, commit: Result<(), String>) {
        let result = match (self.result, commit) {
            // Its result may depend on other changes of this commit, which are gone too: a conflict may no longer
            // exist.
            (_, Err(error)) => Err(DatabaseError::Unavailable(error)),
            (Some(result), Ok(())) => result,
            // Every write of a batch that was committed has run, so this one panicked.
            (None, Ok(())) => Err(work_panicked()),
        };
        // The caller may have given up meanwhile.
        let _ = self.answer.send(result);
    }
}

struct WriteThread {
    url: DatabaseUrl,
    connection: Option<AnyConnection>,
}

impl Worker for WriteThread {
    type Jobs = Receiver<Job>;

    fn run(&mut self, first: Job, jobs: &Receiver<Job>) {
        let mut batch = vec![first];
        // The writes that are already waiting.
        batch.extend(jobs.try_iter().take(MAX_BATCH - 1));
        batch.retain(|job| job.caller_waits());
        let committed = match self.connected() {
            Ok(connection) => commit(connection, &mut batch),
            // The writes get the text as the same kind of error.
            Err(DatabaseError::Unavailable(text)) => Err(text),
            Err(error) => Err(error.to_string()),
        };
        if committed.is_err() || batch.iter().any(|job| job.broke_connection()) {
            self.recover();
        }
        for job in batch {
            job.answer(committed.clone());
        }
    }

    /// Lets the next batch open a new connection: this one may be in any state, such as read-only.
    fn recover(&mut self) {
        self.connection = None;
    }
}

impl WriteThread {
    fn connected(&mut self) -> Result<&mut AnyConnection, DatabaseError> {
        match &mut self.connection {
            Some(connection) => Ok(connection),
            none => Ok(none.insert(AnyConnection::connect(&self.url, Access::ReadWrite)?)),
        }
    }
}

fn commit(connection: &mut AnyConnection, batch: &mut [Job]) -> Result<(), String> {
    // A deferred transaction fails at once with "database is locked" when it begins to write.
    execute("BEGIN IMMEDIATE", connection)?;
    if let [job] = batch {
        // A single write needs no savepoint.
        let end = if run(job.as_mut(), connection) { "COMMIT" } else { "ROLLBACK" };
        return execute(end, connection);
    }
    for job in batch {
        execute("SAVEPOINT job", connection)?;
        let keep = run(job.as_mut(), connection);
        let end = if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
        execute(end, connection)?;
    }
    execute("COMMIT", connection)
}

fn execute(sql: &str, connection: &mut AnyConnection) -> Result<(), String> {
    connection.batch_execute(sql).map_err(|error| error.to_string())
}

/// Runs one write; returns whether to keep its changes. After a panic only its own caller gets an error.
fn run(job: &mut dyn WriteJob, connection: &mut AnyConnection) -> bool {
    let ran = catch_unwind(AssertUnwindSafe(|| job.run(connection)));
    ran.unwrap_or_else(|_| {
        job.span().in_scope(|| tracing::error!("a write panicked"));
        false
    })
}
