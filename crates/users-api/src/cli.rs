//! The command line: `users-api [--config FILE] [serve|config]`.

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};
use database::{Access, DatabaseUrl, find_unusable};
use service_kit::{
    cli::{self, CommandError, ConfigFile},
    clock::Clock,
};
use tokio::task::spawn_blocking;

use crate::{service::start, settings::UsersSettings};

/// Verifies access tokens and serves users.
#[derive(Debug, Parser)]
#[command(name = "users-api", version = service_kit::version())]
struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
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

/// Runs the program; see [`cli::main`].
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let load = |arguments: &Arguments| UsersSettings::load(arguments.file.config.as_deref());
    cli::main("users-api", arguments, load, |arguments, settings| {
        match arguments.command.unwrap_or(Command::Serve) {
            Command::Serve => serve(settings),
            Command::Config => cli::print_settings(&settings.effective),
        }
    })
}

fn serve(settings: UsersSettings) -> Result<(), CommandError> {
    let (log, url) = (settings.log.clone(), settings.database.url.clone());
    let start = async move {
        let listener = settings.http.bind("USERS_LISTEN")?;
        Ok(start(&settings, listener, Clock::system())?)
    };
    cli::serve(&log, start, unusable_database(url))
}

/// Resolves with an error if the database can never be used, for example because of its encoding. Otherwise it never
/// resolves: a database that is unavailable now may be available later.
async fn unusable_database(url: DatabaseUrl) -> CommandError {
    match spawn_blocking(move || find_unusable(&url, Access::ReadOnly)).await {
        Ok(Some(error)) => format!("USERS_DATABASE_URL: {error}").into(),
        _ => std::future::pending().await,
    }
}
