//! SQLite's one writer: a thread that commits the writes that wait together.
//!
//! Each durable commit costs a flush to disk; ten writes in one commit cost one. A write that fails is undone
//! alone, by its savepoint where it has company. Callers hear of their writes only after the commit.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use diesel::connection::SimpleConnection;
use tokio::sync::oneshot;
use tracing::Span;

use super::{Access, AnyConnection, DatabaseError, DatabaseUrl, budget::Wait, queue::Queue};

/// How many writes one commit takes.
const BATCH: usize = 64;

/// How long writes that can wait are kept back for others to share their commit.
const PATIENCE: Duration = Duration::from_millis(5);

type Job = Box<dyn WriteJob>;

/// Hands writes to the thread. The thread ends when this is dropped.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Queue<Job>,
}

impl Writer {
    pub(super) fn start(url: DatabaseUrl) -> Result<Self, DatabaseError> {
        let (queue, jobs) = Queue::new();
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || write_all(&url, &jobs))
            .map_err(|error| DatabaseError::Fault(format!("writer thread: {error}")))?;
        Ok(Self { queue })
    }

    /// Runs `work` with the next commit or, if it `can_wait`, with one a few milliseconds later.
    pub(super) async fn run<T, F>(
        &self,
        wait: &Wait,
        work: F,
        can_wait: bool,
    ) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: Fn(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let span = Span::current();
        let job = Box::new(Pending { work, can_wait, span, result: None, answer: sender });
        self.queue.ask(wait, job, receiver).await
    }
}

/// A write with its caller, whatever its result's type.
trait WriteJob: Send {
    /// Whether its caller still waits. One that gave up before it began is not run.
    fn is_wanted(&self) -> bool;
    /// Whether it is in no hurry.
    fn can_wait(&self) -> bool;
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
    can_wait: bool,
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

    fn can_wait(&self) -> bool {
        self.can_wait
    }

    fn run(&mut self, connection: &mut AnyConnection) -> bool {
        let result = self.span.in_scope(|| (self.work)(connection));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn found_trouble(&self) -> bool {
        matches!(&self.result, Some(Err(error)) if error.spoils_connection())
    }

    fn span(&self) -> &Span {
        &self.span
    }

    fn answer(self: Box<Self>, commit: Result<(), String>) {
        let result = match (self.result, commit) {
            // Whatever it found, it found among changes that are gone: a conflict may be none any more.
            (_, Err(error)) => Err(DatabaseError::Unavailable(error)),
            (Some(result), Ok(())) => result,
            (None, Ok(())) => Err(DatabaseError::Unavailable("not run".to_owned())),
        };
        // The caller may have given up meanwhile.
        let _ = self.answer.send(result);
    }
}

fn write_all(url: &DatabaseUrl, jobs: &Receiver<Job>) {
    let mut kept = None;
    while let Ok(first) = jobs.recv() {
        let mut batch = gather(first, jobs);
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

/// Those that wait already and, while none of them is in a hurry, those that come soon.
fn gather(first: Job, jobs: &Receiver<Job>) -> Vec<Job> {
    let until = Instant::now() + PATIENCE;
    let mut batch = vec![first];
    loop {
        batch.extend(jobs.try_iter().take(BATCH - batch.len()));
        if batch.len() == BATCH || batch.iter().any(|job| !job.can_wait()) {
            return batch;
        }
        match jobs.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(job) => batch.push(job),
            Err(_) => return batch,
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
    // A deferred transaction fails at once with "database is locked" when it begins to write.
    execute("BEGIN IMMEDIATE", connection)?;
    if let [job] = batch {
        // Alone, it is the transaction.
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

/// Runs it; says whether its changes shall stay. A panic costs its own caller an answer, and nobody else the writer.
fn run(job: &mut dyn WriteJob, connection: &mut AnyConnection) -> bool {
    let ran = catch_unwind(AssertUnwindSafe(|| job.run(connection)));
    ran.unwrap_or_else(|_| {
        job.span().in_scope(|| tracing::error!("a write panicked"));
        false
    })
}
