//! Log lines leave by a thread of their own, through a bounded queue.
//!
//! A pipe whose reader has stopped blocks its writer. That must be this thread, and never one that serves requests:
//! when the queue is full, lines are dropped and counted.

use std::{
    io::{self, ErrorKind, Write},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, unbounded};
use tracing_subscriber::fmt::MakeWriter;

/// A queue's name and limits, and the message about lines that did not fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueConfig {
    /// The thread's name.
    name: &'static str,
    /// The most lines.
    lines: usize,
    /// The most bytes: a client decides how long a line is.
    bytes: usize,
    /// The message about lost lines, logged once the reader reads again.
    lost: &'static str,
}

impl QueueConfig {
    /// For ordinary lines.
    pub(super) const LOG: Self = Self {
        name: "log",
        lines: 8_192,
        bytes: 4 << 20,
        lost: "log lines were lost: the reader was blocked",
    };

    /// For audit lines: a queue of their own, so that a flood of ordinary lines cannot fill it.
    pub(super) const AUDIT: Self = Self {
        name: "audit-log",
        lines: 32_768,
        bytes: 16 << 20,
        lost: "audit lines were lost: the reader was blocked; the entries are in the database",
    };
}

/// Lines are written together up to this many bytes. A pipe writes up to `PIPE_BUF` bytes (4,096 on
/// Linux) without mixing them with those of another writer.
const MAX_WRITE: usize = 4_096;

/// The pause before the next try if the output is non-blocking.
const RETRY_PAUSE: Duration = Duration::from_millis(10);

/// The sending end of the queue. Cheap to clone; clones share one queue.
#[derive(Clone, Debug)]
pub(super) struct LogWriter {
    sender: Sender<Vec<u8>>,
    shared: Arc<Shared>,
    config: QueueConfig,
}

#[derive(Debug, Default)]
struct Shared {
    /// Bytes that wait.
    bytes: AtomicUsize,
    /// Lines dropped since the start.
    lost: AtomicU64,
    /// Lines taken and not yet written or given up.
    unwritten: Mutex<usize>,
    written: Condvar,
}

impl LogWriter {
    /// Starts the thread. Writers that share an output take turns, so that no line stands in the middle of another.
    pub(super) fn start(
        output: Arc<Mutex<impl Write + Send + 'static>>,
        config: QueueConfig,
    ) -> io::Result<Self> {
        // The limits are checked where a line is sent: a bounded channel would take the memory of all its lines at
        // once.
        let (sender, lines) = unbounded();
        let shared = Arc::new(Shared::default());
        let worker =
            Worker { output, lines, shared: Arc::clone(&shared), config, reported_lost: 0 };
        thread::Builder::new().name(config.name.to_owned()).spawn(move || worker.run())?;
        Ok(Self { sender, shared, config })
    }

    /// Queues a line, or drops and counts it. Never waits.
    pub(super) fn send(&self, line: &[u8]) {
        let shared = &self.shared;
        let is_queued = shared.reserve(line.len(), &self.config)
            && self
                .sender
                .send(line.to_vec())
                .inspect_err(|unsent| shared.done(1, unsent.0.len()))
                .is_ok();
        if !is_queued {
            shared.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lines dropped since the start.
    pub(super) fn lost(&self) -> u64 {
        self.shared.lost.load(Ordering::Relaxed)
    }

    /// Waits until all queued lines are written, or until `within` is over.
    pub(super) fn flush(&self, within: Duration) {
        let unwritten = self.shared.unwritten();
        let waited =
            self.shared.written.wait_timeout_while(unwritten, within, |unwritten| *unwritten > 0);
        drop(waited);
    }
}

impl Shared {
    fn unwritten(&self) -> MutexGuard<'_, usize> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a line of this many bytes as queued. `false` if there is no room for it.
    fn reserve(&self, bytes: usize, config: &QueueConfig) -> bool {
        let mut unwritten = self.unwritten();
        let fits =
            *unwritten < config.lines && self.bytes.load(Ordering::Relaxed) + bytes <= config.bytes;
        if fits {
            *unwritten += 1;
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        fits
    }

    fn done(&self, lines: usize, bytes: usize) {
        let mut unwritten = self.unwritten();
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        *unwritten = unwritten.saturating_sub(lines);
        if *unwritten == 0 {
            self.written.notify_all();
        }
    }
}

/// One event is one call of `write`: `tracing_subscriber` formats it as a whole first.
impl Write for LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.send(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

struct Worker<W> {
    output: Arc<Mutex<W>>,
    lines: Receiver<Vec<u8>>,
    shared: Arc<Shared>,
    config: QueueConfig,
    /// Lost lines that were already reported.
    reported_lost: u64,
}

impl<W: Write> Worker<W> {
    fn run(mut self) {
        let mut next = None;
        while let Some(first) = next.take().or_else(|| self.lines.recv().ok()) {
            let (mut batch, mut count) = (first, 1);
            while batch.len() < MAX_WRITE {
                match self.lines.try_recv() {
                    Ok(line) if batch.len() + line.len() <= MAX_WRITE => {
                        batch.extend_from_slice(&line);
                        count += 1;
                    }
                    Ok(line) => {
                        next = Some(line);
                        break;
                    }
                    Err(_) => break,
                }
            }
            let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
            let written = write_all(&mut *output, &batch);
            drop(output);
            if written.is_err() {
                self.shared.lost.fetch_add(count, Ordering::Relaxed);
                // Reporting would need the same broken output.
                self.reported_lost += count;
            } else {
                self.report_lost_lines();
            }
            let lines = usize::try_from(count).unwrap_or(usize::MAX);
            self.shared.done(lines, batch.len());
        }
    }

    /// Logs how many lines are missing once the reader reads again. As an error, so that it is logged at every level at
    /// which lines can be lost.
    fn report_lost_lines(&mut self) {
        let lost = self.shared.lost.load(Ordering::Relaxed);
        if lost > self.reported_lost && self.lines.len() < self.config.lines / 2 {
            tracing::error!(lines = lost - self.reported_lost, "{}", self.config.lost);
            self.reported_lost = lost;
        }
    }
}

fn write_all(output: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(RETRY_PAUSE),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
