//! The command line: `users-api [--config FILE] [serve|config]`.

use std::{ffi::OsString, fmt::Display, io, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use database::{Access, find_unusable};
use service_kit::{clock::Clock, logging, output, server::stop_signal};
use tokio::{runtime::Runtime, select, task::spawn_blocking, time::timeout};
use tracing::{info, warn};

use crate::{
    service::{StartError, start},
    settings::UsersSettings,
};

/// What a bad setting or a bad command line ends with.
const MISUSE: u8 = 2;

/// The longest a stop takes, whatever the database does.
const STOP_WITHIN: Duration = Duration::from_secs(28);

/// Verifies access tokens and serves users.
#[derive(Debug, Parser)]
#[command(name = "users-api", version = service_kit::version())]
struct Arguments {
    /// Settings in TOML; `.env` and the environment come before it.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Command {
    /// Serve until SIGTERM or Ctrl-C (the default).
    Serve,
    /// Print the effective settings, secrets masked.
    Config,
}

/// Runs the program. The first argument is its name, as the system passes it.
///
/// Exit codes: 0 after a stop that was asked for, 1 when it could not start or serve, 2 for a bad
/// setting or command line.
pub fn main<A: Into<OsString> + Clone>(arguments: impl IntoIterator<Item = A>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too, and are no misuse.
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::from(MISUSE), ExitCode::from);
        }
    };
    let settings = match UsersSettings::load(arguments.config.as_deref()) {
        Ok(settings) => settings,
        Err(error) => return fail(MISUSE, &error),
    };
    let code = match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(settings),
        Command::Config => print(&settings),
    };
    logging::finish();
    code
}

fn print(settings: &UsersSettings) -> ExitCode {
    let lines: Vec<_> =
        settings.effective.iter().map(|one| format!("{}={}", one.name, one.value)).collect();
    match output::line(&lines.join("\n")) {
        // A reader that left has read enough.
        Err(error) if !output::is_closed_pipe(&error) => fail(1, &error),
        _ => ExitCode::SUCCESS,
    }
}

fn serve(settings: UsersSettings) -> ExitCode {
    let started = logging::start(&settings.log.filter, settings.log.format);
    let runtime = match started.and_then(|()| Runtime::new()) {
        Ok(runtime) => runtime,
        Err(error) => return fail(1, &error),
    };
    let code = match runtime.block_on(serve_until_told(settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &error),
    };
    // A thread that hangs in the database's library cannot be interrupted, and is not waited for.
    runtime.shutdown_background();
    code
}

async fn serve_until_told(settings: UsersSettings) -> Result<(), StartError> {
    // From here on a signal is heard, even while the service still starts.
    let told = tokio::spawn(stop_signal());
    let url = settings.data.database_url.clone();
    let running = start(settings, Clock::system()).await?;
    // The database may come later; one that can never be used stops the service.
    let unusable = spawn_blocking(move || find_unusable(&url, Access::ReadOnly));
    select! {
        told = told => told.map_err(io::Error::other)??,
        Ok(Some(error)) = unusable => return Err(error.into()),
    }
    info!("told to stop");
    if timeout(STOP_WITHIN, running.stop()).await.is_err() {
        warn!("stopped with requests in flight");
    }
    Ok(())
}

fn fail(code: u8, error: &dyn Display) -> ExitCode {
    logging::complain("users-api", error);
    ExitCode::from(code)
}
