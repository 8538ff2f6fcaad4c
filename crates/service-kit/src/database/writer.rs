//! SQLite's one writer: a thread that commits the writes that wait together.
//!
//! Each durable commit costs a flush to disk; ten writes in one commit cost one. A write that fails is undone
//! alone, by its savepoint. Callers hear of their writes only after the commit.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread,
};

use diesel::connection::SimpleConnection;
use tokio::{sync::oneshot, time::timeout};
use tracing::Span;

use super::{ANSWER_WITHIN, Access, AnyConnection, DatabaseError, DatabaseUrl};

/// How many writes may wait.
const QUEUE: usize = 1_024;

/// How many writes one commit takes.
const BATCH: usize = 64;

type Job = Box<dyn WriteJob>;

/// Hands writes to the thread. The thread ends when this is dropped.
#[derive(Debug)]
pub(super) struct Writer {
    queue: SyncSender<Job>,
}

impl Writer {
    pub(super) fn start(url: DatabaseUrl) -> Result<Self, DatabaseError> {
        let (queue, jobs) = sync_channel(QUEUE);
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || write_all(&url, &jobs))
            .map_err(|error| DatabaseError::Fault(format!("writer thread: {error}")))?;
        Ok(Self { queue })
    }

    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job = Box::new(Pending { work, span: Span::current(), result: None, answer: sender });
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => unavailable("too many writes are waiting"),
            TrySendError::Disconnected(_) => unavailable("the writer has stopped"),
        })?;
        match timeout(ANSWER_WITHIN, receiver).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(unavailable("the writer has stopped")),
            Err(_) => Err(unavailable("no answer in time")),
        }
    }
}

fn unavailable(text: &str) -> DatabaseError {
    DatabaseError::Unavailable(text.to_owned())
}

/// A write with its caller, whatever its result's type.
trait WriteJob: Send {
    /// Whether its caller still waits. One that gave up before it began is not run.
    fn is_wanted(&self) -> bool;
    /// Runs it, keeping the result; says whether its changes shall stay.
    fn run(&mut self, connection: &mut AnyConnection) -> bool;
    /// Whether it ran and found the database unavailable.
    fn found_trouble(&self) -> bool;
    /// Whose it is, for the log.
    fn span(&self) -> &Span;
    /// Tells the caller, after the commit or instead of it.
    fn answer(self: Box<Self>, commit: Result<(), String>);
}

struct Pending<T, F> {
    work: F,
    /// The caller's, so that what is logged on the way tells whose it is.
    span: Span,
    result: Option<Result<T, DatabaseError>>,
    answer: oneshot::Sender<Result<T, DatabaseError>>,
}

impl<T, F> WriteJob for Pending<T, F>
where
    T: Send,
    F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.answer.is_closed()
    }

    fn run(&mut self, connection: &mut AnyConnection) -> bool {
        let result = self.span.in_scope(|| (self.work)(connection));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn found_trouble(&self) -> bool {
        matches!(self.result, Some(Err(DatabaseError::Unavailable(_) | DatabaseError::Lost(_))))
    }

    fn span(&self) -> &Span {
        &self.span
    }

    fn answer(self: Box<Self>, commit: Result<(), String>) {
        let result = match (self.result, commit) {
            // Whatever it found, it found among changes that are gone: a conflict may be none any more.
            (_, Err(error)) => Err(DatabaseError::Unavailable(error)),
            (Some(result), Ok(())) => result,
            (None, Ok(())) => Err(unavailable("not run")),
        };
        // The caller may have given up meanwhile.
        let _ = self.answer.send(result);
    }
}

fn write_all(url: &DatabaseUrl, jobs: &Receiver<Job>) {
    let mut kept = None;
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(BATCH - 1));
        batch.retain(|job| job.is_wanted());
        let committed = match connected(&mut kept, url) {
            Ok(connection) => commit_or_catch(connection, &mut batch),
            Err(error) => Err(error.to_string()),
        };
        if committed.is_err() || batch.iter().any(|job| job.found_trouble()) {
            // A fresh connection next time: this one may be in any state, such as read-only for ever.
            kept = None;
        }
        for job in batch {
            job.answer(committed.clone());
        }
    }
}

fn connected<'a>(
    kept: &'a mut Option<AnyConnection>,
    url: &DatabaseUrl,
) -> Result<&'a mut AnyConnection, DatabaseError> {
    match kept {
        Some(connection) => Ok(connection),
        None => Ok(kept.insert(AnyConnection::connect(url, Access::ReadWrite)?)),
    }
}

/// One bad write must not end the thread, and with it every write to come.
fn commit_or_catch(connection: &mut AnyConnection, batch: &mut [Job]) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| commit(connection, batch)))
        .unwrap_or_else(|_| Err("a write panicked".to_owned()))
}

fn commit(connection: &mut AnyConnection, batch: &mut [Job]) -> Result<(), String> {
    let mut run = |sql: &str| connection.batch_execute(sql).map_err(|error| error.to_string());
    // A deferred transaction fails at once with "database is locked" when it begins to write.
    run("BEGIN IMMEDIATE")?;
    for job in batch {
        connection.batch_execute("SAVEPOINT job").map_err(|error| error.to_string())?;
        // A panic costs its own caller an answer, and nobody else the writer.
        let ran = catch_unwind(AssertUnwindSafe(|| job.run(connection)));
        let keep = ran.unwrap_or_else(|_| {
            job.span().in_scope(|| tracing::error!("a write panicked"));
            false
        });
        let end = if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
        connection.batch_execute(end).map_err(|error| error.to_string())?;
    }
    connection.batch_execute("COMMIT").map_err(|error| error.to_string())
}
