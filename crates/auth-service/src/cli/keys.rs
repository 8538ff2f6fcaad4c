//! `auth-service keys list|rotate|retire KID`

use clap::Subcommand;
use service_kit::{clock::Clock, database::Database};

use super::{Failure, open_database, print};
use crate::{
    endpoints::responses::rfc3339, service, settings::AuthSettings, store,
    tokens::schedule::schedule,
};

/// The commands about signing keys.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// List the keys and what each does.
    List,
    /// Make a new key; it signs once every verifier can have fetched it.
    Rotate,
    /// Take a key out at once: its tokens are refused from now on.
    Retire {
        /// The key's id, as `list` shows it.
        kid: String,
    },
}

pub(super) async fn run(command: &KeysCommand, settings: &AuthSettings) -> Result<(), Failure> {
    let database = open_database(settings).await?;
    let rotation = service::rotation(settings, database.clone())?;
    let now = Clock::system().seconds();
    match command {
        KeysCommand::List => list(&database, settings, now).await,
        KeysCommand::Rotate => {
            if let Some(key) = rotation.rotate(now, None).await? {
                print(&format!("{} signs from {}", key.kid, rfc3339(key.signs_from)));
            }
            Ok(())
        }
        KeysCommand::Retire { kid } => {
            if !rotation.retire(kid, now).await? {
                return Err(format!("there is no live key {kid}").into());
            }
            let max_age = settings.lifetimes.jwks_max_age;
            print(&format!("{kid} is retired; verifiers drop it within {max_age} s"));
            Ok(())
        }
    }
}

async fn list(database: &Database, settings: &AuthSettings, now: i64) -> Result<(), Failure> {
    let rows = database.read(store::keys::all).await?;
    let plan = schedule(&rows, &settings.lifetimes, now);
    for row in &rows {
        let does = if row.retired_at.is_some() {
            "retired"
        } else if plan.active.as_ref() == Some(&row.kid) {
            "signs"
        } else if row.signs_from > now {
            "waits"
        } else if plan.published.contains(&row.kid) {
            "published"
        } else {
            "checks refresh tokens"
        };
        print(&format!(
            "{}  {does}  made {}  signs from {}",
            row.kid,
            rfc3339(row.created_at),
            rfc3339(row.signs_from)
        ));
    }
    Ok(())
}
