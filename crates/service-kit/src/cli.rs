//! The command line that the services share: reading arguments, ending with an exit code, and serving until a signal
//! asks to stop.

use std::{error::Error, ffi::OsString, path::PathBuf, process::ExitCode, time::Duration};

use clap::{
    Args, Parser,
    error::{ContextKind, ContextValue, ErrorKind},
};
use tokio::{select, time::timeout};

use crate::{
    logging::{self, LogSettings},
    output,
    server::{LONGEST_STOP, stop_signal},
    settings::EffectiveSetting,
};

/// The exit code of a program whose settings or arguments cannot be used.
const EXIT_MISUSE: u8 = 2;

/// The longest time that a stop takes. With the last log lines it is over before the 30 s after which
/// Kubernetes kills a process by default.
const STOP_TIMEOUT: Duration = Duration::from_secs(28);

// After the server, a service still sends its last spans and writes its last audit entries, 2 s for each.
const _: () = assert!(LONGEST_STOP.as_millis() + 2 * 2_000 <= STOP_TIMEOUT.as_millis());

/// Threads for background work. Requests have threads of their own.
const BACKGROUND_THREADS: usize = 2;

/// Why a command failed, in words for the person who typed it.
pub type CommandError = Box<dyn Error + Send + Sync>;

/// An error that ends a program with an exit code of its own.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ExitStatus {
    /// The exit code.
    pub code: u8,
    /// The message on standard error.
    pub message: String,
}

/// The argument that each program has.
#[derive(Debug, Args)]
pub struct ConfigFile {
    /// A TOML file with settings; `.env` and the environment override it.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Runs a program: reads the arguments, loads the settings, and runs the command.
///
/// The first argument is the program's name, as the system passes it. Exit codes: 0 for success, 1 when the command
/// failed, 2 for settings or arguments that cannot be used, and any other of an [`ExitStatus`].
pub fn main<A: Parser, S, E: Into<CommandError>>(
    program: &str,
    arguments: impl IntoIterator<Item = OsString>,
    load: impl FnOnce(&A) -> Result<S, E>,
    run: impl FnOnce(A, S) -> Result<(), CommandError>,
) -> ExitCode {
    let arguments = match A::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(mut error) => {
            hide_unexpected_argument(&mut error);
            // Help and version come this way too, and are no misuse.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { EXIT_MISUSE } else { 0 });
        }
    };
    let settings = match load(&arguments) {
        Ok(settings) => settings,
        Err(error) => {
            let error: CommandError = error.into();
            logging::report_fatal(program, &error);
            return ExitCode::from(EXIT_MISUSE);
        }
    };
    let ended = match run(arguments, settings) {
        // The reader of the pipe has left because it has read enough: no error.
        Err(error) if output::is_closed_pipe(&*error) => Ok(()),
        ended => ended,
    };
    if let Err(error) = &ended {
        logging::report_fatal(program, error);
    }
    logging::finish();
    match &ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let own = error.downcast_ref::<ExitStatus>();
            own.map_or(ExitCode::FAILURE, |status| ExitCode::from(status.code))
        }
    }
}

/// An unexpected argument may be a password that belongs on standard input, so clap's message must not repeat it.
fn hide_unexpected_argument(error: &mut clap::Error) {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else { return };
    if error.kind() == ErrorKind::UnknownArgument && !word.starts_with('-') {
        error.insert(ContextKind::InvalidArg, ContextValue::String("(not shown)".to_owned()));
        error.remove(ContextKind::Suggested);
    }
}

/// Prints the effective settings, one a line.
///
/// # Errors
/// When standard output cannot be written.
pub fn print_settings(settings: &[EffectiveSetting]) -> Result<(), CommandError> {
    for setting in settings {
        output::print_line(&format!("{}={}", setting.name, setting.value))?;
    }
    Ok(())
}

/// A service that runs.
pub trait Service {
    /// Finishes the calls in flight, then ends the background work.
    fn stop(self) -> impl Future<Output = ()>;
}

/// Starts a service and keeps it running until a signal asks it to stop, or until `failure` resolves with the reason
/// why it cannot go on.
///
/// # Errors
/// When the service cannot start, or the error of `failure`.
pub fn serve<S: Service>(
    log: &LogSettings,
    start: impl Future<Output = Result<S, CommandError>>,
    failure: impl Future<Output = CommandError>,
) -> Result<(), CommandError> {
    log.start()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(BACKGROUND_THREADS)
        .enable_all()
        .build()?;
    let served = runtime.block_on(async {
        // A signal counts from here on, also while the service still starts.
        let mut signal = tokio::spawn(stop_signal());
        let service = select! {
            started = start => started?,
            received = &mut signal => return Ok(received??),
        };
        select! {
            received = signal => received??,
            error = failure => return Err(error),
        }
        tracing::info!("the service stops");
        if timeout(STOP_TIMEOUT, service.stop()).await.is_err() {
            tracing::warn!("calls in flight are cut off: they take too long");
        }
        Ok(())
    });
    // A thread that waits for a hung database cannot be interrupted, and must not delay the exit.
    runtime.shutdown_background();
    served
}
