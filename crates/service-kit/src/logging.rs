//! Logs: for people on a terminal, JSON otherwise. A blocked log reader does not block requests.

mod audit;
mod filter;
mod settings;
mod writer;

use std::{
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use tracing_subscriber::{fmt, layer::SubscriberExt, util::SubscriberInitExt};

use self::writer::{LogWriter, QueueConfig};
pub use self::{audit::audit, filter::LogFilter, settings::LogSettings};
use crate::{metrics::Sample, settings::FromSetting};

/// How long the end of the process waits for log lines that are not written yet.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// The process has one standard error, and so one writer.
static WRITER: OnceLock<LogWriter> = OnceLock::new();

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Human on a terminal, JSON otherwise.
    Auto,
    /// One readable line an event.
    Human,
    /// One JSON object an event.
    Json,
}

impl FromSetting for LogFormat {
    fn from_setting(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err("is not auto, human or json".to_owned()),
        }
    }
}

/// Starts logging to standard error, by a thread of its own. A second call, as in tests, changes nothing.
///
/// # Errors
/// When the thread cannot be started.
fn start(filter: &LogFilter, format: LogFormat) -> io::Result<()> {
    if WRITER.get().is_some() {
        return Ok(());
    }
    let output = Arc::new(Mutex::new(standard_error()?));
    let writer = LogWriter::start(Arc::clone(&output), QueueConfig::LOG)?;
    let terminal = io::stderr().is_terminal();
    let registry = tracing_subscriber::registry().with(filter.targets());
    let human = format == LogFormat::Human || (format == LogFormat::Auto && terminal);
    let started = if human {
        let layer = fmt::layer().with_writer(writer.clone()).with_ansi(terminal);
        registry.with(layer.with_target(false)).try_init()
    } else {
        let layer = fmt::layer().with_writer(writer.clone()).json();
        registry.with(layer.flatten_event(true).with_span_list(false)).try_init()
    };
    if started.is_ok() && WRITER.set(writer).is_ok() {
        log_panics();
        if filter.passes_audit() {
            audit::start(LogWriter::start(output, QueueConfig::AUDIT)?);
        }
    }
    Ok(())
}

/// Writes the lines that are still queued: of the audit log, then of the log, for a second at most each. Call it last.
pub fn finish() {
    audit::flush(FLUSH_TIMEOUT);
    if let Some(writer) = WRITER.get() {
        writer.flush(FLUSH_TIMEOUT);
    }
}

/// Prints why the program ends on standard error, after the queued log lines, and without waiting for a blocked reader.
pub fn report_fatal(program: &str, why: &dyn std::fmt::Display) {
    let line = format!("{program}: {why}\n");
    match WRITER.get() {
        Some(writer) => writer.send(line.as_bytes()),
        // If standard error is closed, nothing can be reported.
        None => drop(io::stderr().write_all(line.as_bytes())),
    }
}

/// The samples of the log for `/metrics`.
pub(crate) fn samples() -> Vec<Sample> {
    let lost = WRITER.get().map_or(0, LogWriter::lost);
    let help = "Log lines that were dropped because their reader did not read";
    vec![Sample::counter("log_lines_lost", help, lost), audit::sample()]
}

/// A handle of its own, so that no other thread waits for a lock that the blocked thread holds.
fn standard_error() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(io::stderr().as_fd().try_clone_to_owned()?.into())
}

/// The standard hook writes to standard error itself, and would wait for its reader.
fn log_panics() {
    std::panic::set_hook(Box::new(|info| {
        let message = info.payload_as_str().unwrap_or("without a message");
        let place = info.location().map(ToString::to_string);
        tracing::error!(message, place, "thread panicked");
    }));
}
