//! `auth-service clients list|create|disable`

use claims::Scopes;
use clap::Subcommand;
use service_kit::{clock::Clock, database::Database};

use super::{Failure, open_database, print};
use crate::{
    clients,
    endpoints::responses::rfc3339,
    settings::AuthSettings,
    store::{self, clients::ClientRow},
};

/// The commands about service accounts.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum ClientsCommand {
    /// List every service account.
    List,
    /// Make a service account and print its id and its secret: this once, for only a hash is kept.
    Create {
        /// What its tokens may hold at most: scopes between spaces, "" for none.
        #[arg(long, value_name = "SCOPES", value_parser = scopes)]
        scope: Scopes,
        /// What you call it.
        #[arg(long, value_parser = name)]
        name: Option<String>,
    },
    /// Disable a service account for good: its tokens are refused everywhere within a second.
    Disable {
        /// Its id, as `list` shows it.
        id: String,
    },
}

/// Characters of a name at most.
const NAME_CHARACTERS: usize = 100;

fn scopes(text: &str) -> Result<Scopes, String> {
    text.parse().map_err(|_| "is no list of scopes".to_owned())
}

fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS {
        return Err(format!("must have 1 to {NAME_CHARACTERS} characters"));
    }
    // It is printed on a line of its own.
    if name.chars().any(char::is_control) {
        return Err("must have no control characters".to_owned());
    }
    Ok(name.to_owned())
}

pub(super) async fn run(command: &ClientsCommand, settings: &AuthSettings) -> Result<(), Failure> {
    let database = open_database(settings).await?;
    let now = Clock::system().seconds();
    match command {
        ClientsCommand::List => list(&database).await,
        ClientsCommand::Create { scope, name } => create(&database, scope, name.clone(), now).await,
        ClientsCommand::Disable { id } => disable(&database, id, now).await,
    }
}

async fn list(database: &Database) -> Result<(), Failure> {
    for client in database.read(store::clients::all).await? {
        print(&line(&client));
    }
    Ok(())
}

fn line(client: &ClientRow) -> String {
    let state = if client.disabled_at.is_some() { "disabled" } else { "enabled" };
    format!(
        "{}  {}  {state}  [{}]  {}",
        client.id,
        client.name.as_deref().unwrap_or("-"),
        client.scope,
        rfc3339(client.created_at)
    )
}

async fn create(
    database: &Database,
    scope: &Scopes,
    name: Option<String>,
    now: i64,
) -> Result<(), Failure> {
    let (client, secret) = clients::new_account(name, scope, now)?;
    let id = client.id.clone();
    database.write(move |connection| store::clients::insert(connection, &client)).await?;
    print(&format!("client_id={id}"));
    print(&format!("client_secret={}", secret.expose()));
    Ok(())
}

async fn disable(database: &Database, id: &str, now: i64) -> Result<(), Failure> {
    if !clients::disable(database, id.to_owned(), now).await? {
        let id = id.to_owned();
        let found = database.read({
            let id = id.clone();
            move |connection| store::clients::by_id(connection, &id)
        });
        // Disabling twice is no mistake.
        found.await?.ok_or_else(|| format!("there is no service account {id}"))?;
    }
    Ok(())
}
