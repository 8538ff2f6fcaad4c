//! `auth-service clients list|create|rotate|retire-secret|disable`

use claims::Scopes;
use clap::Subcommand;
use database::Database;
use service_kit::{clock::Clock, ids::ClientId, output, timestamp::Timestamp};

use super::{CommandError, open_database, print};
use crate::{
    audit::RequestContext,
    clients::{self, ClientSecret, NewAccount},
    scopes,
    settings::AuthSettings,
    store::clients::ClientRow,
};

/// The commands about service accounts.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum ClientsCommand {
    /// List every service account.
    List,
    /// Make a service account and print its id and its secret. The secret is shown only now: only its hash is stored.
    Create {
        /// The scopes that its tokens may have, separated by spaces; "" for none.
        #[arg(long, value_name = "SCOPES", value_parser = scopes::parse)]
        scope: Scopes,
        /// A name for operators.
        #[arg(long, value_parser = name)]
        name: Option<String>,
    },
    /// Give a service account a second secret and print it. It is shown only now. Both secrets are valid until
    /// `retire-secret`.
    Rotate {
        /// Its id, as `list` shows it.
        id: String,
    },
    /// Remove the older one of a service account's two secrets.
    RetireSecret {
        /// Its id, as `list` shows it.
        id: String,
    },
    /// Disable a service account permanently: all verifiers refuse its tokens within a second.
    Disable {
        /// Its id, as `list` shows it.
        id: String,
    },
}

/// Most characters of a name.
const NAME_CHARACTERS: usize = 100;

fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS {
        return Err(format!("must have 1 to {NAME_CHARACTERS} characters"));
    }
    // A name is printed on one line.
    if name.chars().any(char::is_control) {
        return Err("must have no control characters".to_owned());
    }
    Ok(name.to_owned())
}

pub(super) async fn run(
    command: &ClientsCommand,
    settings: &AuthSettings,
) -> Result<(), CommandError> {
    let database = open_database(settings).await?;
    let context = RequestContext::operator(Clock::system().now_micros());
    match command {
        ClientsCommand::List => list(&database).await,
        ClientsCommand::Create { scope, name } => {
            let scope = settings.known_scopes.check_for_client(scope.clone())?;
            create(&database, &scope, name.clone(), &context).await
        }
        ClientsCommand::Rotate { id } => rotate(&database, id, &context).await,
        ClientsCommand::RetireSecret { id } => retire_secret(&database, id, &context).await,
        ClientsCommand::Disable { id } => disable(&database, id, &context).await,
    }
}

async fn list(database: &Database) -> Result<(), CommandError> {
    for client in clients::list(database).await? {
        print(&line(&client))?;
    }
    Ok(())
}

fn line(client: &ClientRow) -> String {
    let state = if client.disabled_at.is_some() { "disabled" } else { "enabled" };
    let secrets = if client.old_secret_hash.is_some() { "  two secrets" } else { "" };
    format!(
        "{}  {}  {state}  [{}]  {}{secrets}",
        client.id,
        client.name.as_deref().unwrap_or("-"),
        client.scope,
        Timestamp::from(client.created_at)
    )
}

async fn create(
    database: &Database,
    scope: &Scopes,
    name: Option<String>,
    context: &RequestContext,
) -> Result<(), CommandError> {
    let NewAccount { row, secret } = clients::new_account(name, scope, context.at.seconds())?;
    // Printed before the account is stored: an account whose secret was never shown would be useless and never be
    // removed.
    print_credentials(&row.id, &secret).map_err(|error| format!("nothing was created: {error}"))?;
    Ok(clients::create(database, row, context).await?)
}

fn print_credentials(id: &ClientId, secret: &ClientSecret) -> Result<(), CommandError> {
    if output::is_discarded() {
        return Err(
            "standard output is closed or /dev/null, so the secret could not be shown".into()
        );
    }
    print(&format!("client_id={id}"))?;
    print(&format!("client_secret={}", secret.expose()))
}

async fn rotate(
    database: &Database,
    id: &str,
    context: &RequestContext,
) -> Result<(), CommandError> {
    let client = find(database, id).await?;
    if client.disabled_at.is_some() {
        return Err("the service account is disabled".into());
    }
    if client.old_secret_hash.is_some() {
        return Err("it already has two secrets: run retire-secret first".into());
    }
    let secret = ClientSecret::generate()?;
    print_credentials(&client.id, &secret)
        .map_err(|error| format!("nothing was changed: {error}"))?;
    let rotated = clients::rotate_secret(database, client.id, &secret, context).await?;
    if rotated {
        Ok(())
    } else {
        Err("another command changed the account; the new secret is not valid".into())
    }
}

async fn retire_secret(
    database: &Database,
    id: &str,
    context: &RequestContext,
) -> Result<(), CommandError> {
    let client = find(database, id).await?;
    if !clients::retire_secret(database, client.id.clone(), context).await? {
        return Err("it has only one secret: run rotate first".into());
    }
    print(&format!("{}  {}  one secret", client.id, client.name.as_deref().unwrap_or("-")))
}

async fn disable(
    database: &Database,
    id: &str,
    context: &RequestContext,
) -> Result<(), CommandError> {
    let client = find(database, id).await?;
    // Disabling twice is not an error.
    clients::disable(database, client.id.clone(), context).await?;
    print(&format!("{}  {}  disabled", client.id, client.name.as_deref().unwrap_or("-")))
}

async fn find(database: &Database, id: &str) -> Result<ClientRow, CommandError> {
    let unknown = || format!("there is no service account {id}");
    let id = ClientId::parse(id).ok_or_else(unknown)?;
    Ok(clients::find(database, id).await?.ok_or_else(unknown)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_1_to_100_characters_on_one_line() {
        assert_eq!(name("  Reports, nightly "), Ok("Reports, nightly".to_owned()));
        assert!(name(&"é".repeat(100)).is_ok());
        for bad in ["", "  ", "a\nb", "a\u{1b}[0m", &"é".repeat(101)] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }
}
