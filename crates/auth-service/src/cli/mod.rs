//! The command line: `auth-service [--config FILE] [serve|migrate|config|keys …|users …|sessions …|clients …]`.

mod clients;
mod keys;
mod sessions;
mod users;

use std::{ffi::OsString, path::PathBuf, process::ExitCode, time::Duration};

use clap::{
    Parser, Subcommand,
    error::{ContextKind, ContextValue, ErrorKind},
};
use database::{Access, Database, with_start_timeout};
use service_kit::{clock::Clock, logging, output, server::stop_signal};

use tokio::time::timeout;

use crate::{accounts::rekey::rekey, service, settings::AuthSettings};

/// Stores users and sessions, and signs the tokens.
#[derive(Debug, Parser)]
#[command(name = "auth-service", version = service_kit::version())]
struct Arguments {
    /// A TOML file with settings; the environment overrides it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Start the service (the default).
    Serve,
    /// Bring the database's schema up to date and exit.
    Migrate,
    /// Print the effective settings; secrets are masked.
    Config,
    /// List and change the signing keys.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// List and change users.
    #[command(subcommand)]
    Users(users::UsersCommand),
    /// End sessions.
    #[command(subcommand)]
    Sessions(sessions::SessionsCommand),
    /// List and change service accounts.
    #[command(subcommand)]
    Clients(clients::ClientsCommand),
}

/// Maximum duration of a stop. With the exit itself it stays below 30 s, after which container runtimes kill the
/// process.
const STOP_WITHIN: Duration = Duration::from_secs(28);

/// Why a command failed, as text for the operator.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs the command line and returns the exit code: 2 for settings or arguments that cannot be used.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(mut error) => {
            hide_surplus(&mut error);
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let settings = match AuthSettings::load(arguments.config.as_deref()) {
        Ok(settings) => settings,
        Err(error) => {
            logging::complain("auth-service", &error);
            return ExitCode::from(2);
        }
    };
    let ended = match run(&arguments.command.unwrap_or(Command::Serve), settings) {
        // A closed pipe is not an error (`auth-service users list | head`).
        Err(error) if output::is_closed_pipe(&*error) => Ok(()),
        ended => ended,
    };
    if let Err(error) = &ended {
        logging::complain("auth-service", error);
    }
    logging::finish();
    if ended.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// An unexpected argument may be a password that belongs on standard input, so it is not printed.
fn hide_surplus(error: &mut clap::Error) {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else { return };
    if error.kind() == ErrorKind::UnknownArgument && !word.starts_with('-') {
        error.insert(ContextKind::InvalidArg, ContextValue::String("(not shown)".to_owned()));
        error.remove(ContextKind::Suggested);
    }
}

fn run(command: &Command, settings: AuthSettings) -> Result<(), Failure> {
    match command {
        Command::Serve => serve(settings),
        Command::Migrate => {
            let done = runtime()?.block_on(migrate(&settings))?;
            print(&format!("{done} migrations run"))
        }
        Command::Config => {
            for setting in &settings.effective {
                print(&format!("{}={}", setting.name, setting.value))?;
            }
            Ok(())
        }
        Command::Keys(command) => run_patiently(keys::run(command, &settings)),
        Command::Users(command) => run_patiently(users::run(command, &settings)),
        Command::Sessions(command) => run_patiently(sessions::run(command, &settings)),
        Command::Clients(command) => run_patiently(clients::run(command, &settings)),
    }
}

/// Runs a command. It waits longer for the database than a request does.
fn run_patiently(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    runtime()?.block_on(with_start_timeout(command))
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()
}

/// Brings the schema and the rows up to date. Returns how many migrations ran.
async fn migrate(settings: &AuthSettings) -> Result<usize, Failure> {
    let done = service::migrated(settings).await?;
    let database = Database::open(&settings.database_url, Access::ReadWrite, 2)?;
    rekey(&database).await?;
    Ok(done)
}

/// Opens the database for a command, after its schema and its rows were brought up to date.
async fn open_database(settings: &AuthSettings) -> Result<Database, Failure> {
    service::migrated(settings).await?;
    let database = Database::open(&settings.database_url, Access::ReadWrite, 2)?;
    rekey(&database).await?;
    Ok(database)
}

fn serve(settings: AuthSettings) -> Result<(), Failure> {
    logging::start(&settings.log, settings.log_format)?;
    let runtime = runtime()?;
    let served = runtime.block_on(async {
        let listener = service::bind(&settings)?;
        let mut stop = tokio::spawn(stop_signal());
        let service = tokio::select! {
            started = service::start(settings, listener, Clock::system()) => started?,
            asked = &mut stop => return Ok(asked??),
        };
        tracing::info!(address = %service.address(), "auth-service started");
        stop.await??;
        tracing::info!("auth-service stops");
        if timeout(STOP_WITHIN, service.stop()).await.is_err() {
            tracing::warn!("requests still running are aborted: the time to stop has passed");
        }
        Ok(())
    });
    // A thread that waits for a hung database must not delay the exit.
    runtime.shutdown_background();
    served
}

fn print(line: &str) -> Result<(), Failure> {
    Ok(output::line(line)?)
}

/// Asks on the terminal. Any answer other than yes means no.
#[expect(clippy::print_stderr, reason = "standard output is for what a command is asked for")]
fn ask(question: &str) -> Result<bool, Failure> {
    eprint!("{question}");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
