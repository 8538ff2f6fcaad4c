//! The command line: `auth-service [--config FILE] [serve|migrate|config|keys|users|sessions|clients|audit|mail …]`.

mod audit;
mod clients;
mod keys;
mod mail;
mod sessions;
mod users;

use std::{ffi::OsString, future::pending, process::ExitCode};

use clap::{Parser, Subcommand};
use database::{Access, Database};
use service_kit::{
    call_budget::with_start_timeout,
    cli::{self, CommandError, ConfigFile},
    clock::Clock,
    output,
};

use crate::{accounts::name_keys::update_name_keys, service, settings::AuthSettings};

/// Stores users and sessions, and signs the tokens.
#[derive(Debug, Parser)]
#[command(name = "auth-service", version = service_kit::version())]
struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
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
    /// Try the settings and the texts of mails.
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Read the audit log.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
}

/// Runs the program; see [`cli::main`].
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let load = |arguments: &Arguments| AuthSettings::load(arguments.file.config.as_deref());
    cli::main("auth-service", arguments, load, |arguments, settings| {
        run(&arguments.command.unwrap_or(Command::Serve), settings)
    })
}

fn run(command: &Command, settings: AuthSettings) -> Result<(), CommandError> {
    match command {
        Command::Serve => serve(settings),
        Command::Migrate => {
            let done = runtime()?.block_on(migrate(&settings))?;
            print(&format!("{done} migrations run"))
        }
        Command::Config => cli::print_settings(&settings.effective),
        Command::Keys(command) => run_with_start_timeout(keys::run(command, &settings)),
        Command::Users(command) => run_with_start_timeout(users::run(command, &settings)),
        Command::Sessions(command) => run_with_start_timeout(sessions::run(command, &settings)),
        Command::Clients(command) => run_with_start_timeout(clients::run(command, &settings)),
        Command::Mail(command) => runtime()?.block_on(mail::run(command, &settings)),
        Command::Audit(command) => run_with_start_timeout(audit::run(command, &settings)),
    }
}

/// Runs a command. It waits longer for the database than a request does.
fn run_with_start_timeout(
    command: impl Future<Output = Result<(), CommandError>>,
) -> Result<(), CommandError> {
    runtime()?.block_on(with_start_timeout(command))
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()
}

/// Brings the schema and the rows up to date. Returns how many migrations ran.
async fn migrate(settings: &AuthSettings) -> Result<usize, CommandError> {
    let done = service::run_migrations(settings).await?;
    let database = Database::open(&settings.database.url, Access::ReadWrite, 2)?;
    update_name_keys(&database).await?;
    Ok(done)
}

/// Opens the database for a command, after its schema and its rows were brought up to date.
async fn open_database(settings: &AuthSettings) -> Result<Database, CommandError> {
    service::run_migrations(settings).await?;
    let database = Database::open(&settings.database.url, Access::ReadWrite, 2)?;
    update_name_keys(&database).await?;
    Ok(database)
}

fn serve(settings: AuthSettings) -> Result<(), CommandError> {
    let log = settings.log.clone();
    let start = async move {
        let listener = settings.http.bind("AUTH_LISTEN")?;
        Ok(service::start(settings, listener, Clock::system()).await?)
    };
    cli::serve(&log, start, pending())
}

fn print(line: &str) -> Result<(), CommandError> {
    Ok(output::print_line(line)?)
}

/// Asks on the terminal. Any answer other than yes means no.
#[expect(clippy::print_stderr, reason = "standard output is for the result of the command")]
fn ask(question: &str) -> Result<bool, CommandError> {
    eprint!("{question}");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests;
