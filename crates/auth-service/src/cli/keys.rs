//! `auth-service keys list|rotate|retire KID`

use std::io::IsTerminal;

use clap::Subcommand;
use database::Database;
use service_kit::{clock::Clock, timestamp::Timestamp, unix_time::UnixSeconds};

use super::{CommandError, ask, open_database, print};
use crate::{
    audit::Actor,
    service,
    settings::AuthSettings,
    tokens::{KeyRotation, ListedKey, list_keys},
};

/// The commands about signing keys.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// List the keys and their states.
    List,
    /// Make a new key. It becomes active when all verifiers have had time to fetch it.
    Rotate,
    /// Retire a key at once: its tokens are no longer accepted, so every session ends whose refresh token it signed.
    /// Shows how many sessions these are, and asks for confirmation.
    Retire {
        /// The key's id, as `list` shows it.
        kid: String,
        /// Do not ask for confirmation.
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(
    command: &KeysCommand,
    settings: &AuthSettings,
) -> Result<(), CommandError> {
    let database = open_database(settings).await?;
    let rotation = service::rotation(settings, database.clone())?;
    let rotation = KeyRotation { actor: Actor::Operator, ..rotation };
    let now = Clock::system().now();
    match command {
        KeysCommand::List => list(&database, settings, now).await,
        KeysCommand::Rotate => {
            if let Some(key) = rotation.rotate(now, None).await? {
                print(&format!("{} signs from {}", key.kid, Timestamp::from(key.activates_at)))?;
            }
            Ok(())
        }
        KeysCommand::Retire { kid, yes } => {
            if !confirmed(&rotation, kid, *yes, now).await? {
                return Err(format!("{kid} is not retired").into());
            }
            if !rotation.retire(kid, now).await? {
                return Err(format!("there is no live key {kid}").into());
            }
            let max_age = settings.lifetimes.jwks_max_age.as_secs();
            print(&format!("{kid} is retired; verifiers drop it within {max_age} s"))
        }
    }
}

/// Shows the effect of retiring a key and asks for confirmation.
async fn confirmed(
    rotation: &KeyRotation,
    kid: &str,
    yes: bool,
    now: UnixSeconds,
) -> Result<bool, CommandError> {
    let Some(sessions) = rotation.count_sessions_signed_by(kid, now).await? else {
        return Err(format!("there is no live key {kid}").into());
    };
    let printed = print(&format!(
        "retiring {kid} ends {sessions} sessions and invalidates every access token that it signed"
    ));
    if yes {
        return Ok(true);
    }
    printed.map_err(|error| format!("nothing was changed: {error}"))?;
    if !std::io::stdin().is_terminal() {
        return Err("standard input is not a terminal: use --yes to confirm".into());
    }
    ask("Retire it? [y/N] ")
}

async fn list(
    database: &Database,
    settings: &AuthSettings,
    now: UnixSeconds,
) -> Result<(), CommandError> {
    for ListedKey { key, state } in list_keys(database, &settings.lifetimes, now).await? {
        let not_loaded =
            if key.first_loaded_at.is_none() { "  not loaded by any service yet" } else { "" };
        print(&format!(
            "{}  {state}  made {}  signs from {}{not_loaded}",
            key.kid,
            Timestamp::from(key.created_at),
            Timestamp::from(key.activates_at)
        ))?;
    }
    Ok(())
}
