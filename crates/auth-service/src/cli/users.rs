//! `auth-service users list|create|disable|enable|scopes`

use std::io::Read;

use claims::Scopes;
use clap::Subcommand;
use service_kit::{
    clock::Clock,
    database::{Database, DatabaseError},
};

use super::{Failure, open_database, print};
use crate::{
    accounts::{
        EmailAddress, LoginName, Password, Username,
        hashing::{Party, PasswordHasher},
    },
    endpoints::{
        post_register::{new_user, owner_names},
        responses::rfc3339_micros,
    },
    sessions::end,
    settings::AuthSettings,
    store::{self, users::UserRow},
    throttle::Source,
};

/// The commands about users. A user is named by user name, e-mail address or id.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum UsersCommand {
    /// List every user.
    List,
    /// Make a user; the password is read from standard input, never from the command line.
    Create {
        /// The user name.
        username: String,
        /// The e-mail address.
        email: String,
    },
    /// Disable a user and end every session.
    Disable {
        /// Who.
        user: String,
    },
    /// Let a disabled user sign in again.
    Enable {
        /// Who.
        user: String,
    },
    /// Set a user's scopes; their tokens carry them from the next refresh on.
    Scopes {
        /// Who.
        user: String,
        /// The scopes, between spaces; none to take all away.
        #[arg(default_value = "")]
        scopes: String,
    },
}

/// Users read at once.
const PAGE: i64 = 500;

pub(super) async fn run(command: &UsersCommand, settings: &AuthSettings) -> Result<(), Failure> {
    let database = open_database(settings).await?;
    let clock = Clock::system();
    match command {
        UsersCommand::List => list(&database).await,
        UsersCommand::Create { username, email } => {
            create(&database, settings, (username, email), clock.micros()).await
        }
        UsersCommand::Disable { user } => {
            let user = find(&database, user).await?;
            end::all_and_disable(&database, user, clock.seconds()).await?;
            Ok(())
        }
        UsersCommand::Enable { user } => {
            let id = find(&database, user).await?.id;
            database
                .write(move |connection| store::users::set_disabled(connection, &id, None))
                .await?;
            Ok(())
        }
        UsersCommand::Scopes { user, scopes } => {
            let id = find(&database, user).await?.id;
            let scopes: Scopes =
                scopes.parse().map_err(|_| format!("{scopes:?} is no list of scopes"))?;
            let text = scopes.to_string();
            database
                .write(move |connection| store::users::set_scope(connection, &id, &text))
                .await?;
            Ok(())
        }
    }
}

async fn list(database: &Database) -> Result<(), Failure> {
    let mut place = (i64::MIN, String::new());
    loop {
        let (created_at, id) = place.clone();
        let page = database
            .read(move |connection| store::users::after(connection, (created_at, &id), PAGE))
            .await?;
        for user in &page {
            let state = if user.disabled_at.is_some() { "disabled" } else { "enabled" };
            print(&format!(
                "{}  {}  {}  {state}  [{}]  {}",
                user.id,
                user.username,
                user.email,
                user.scope,
                rfc3339_micros(user.created_at)
            ));
        }
        let Some(last) = page.last() else { return Ok(()) };
        place = (last.created_at, last.id.clone());
    }
}

async fn create(
    database: &Database,
    settings: &AuthSettings,
    (username, email): (&str, &str),
    now: i64,
) -> Result<(), Failure> {
    let username = Username::parse(username).map_err(|fault| format!("user name: {fault}"))?;
    let email = EmailAddress::parse(email).map_err(|fault| format!("e-mail address: {fault}"))?;
    let mut text = zeroize::Zeroizing::new(String::new());
    std::io::stdin().read_to_string(&mut text)?;
    let owner: Vec<_> = owner_names(Some(&username), Some(&email)).collect();
    let password = Password::new_secret(text.trim_end_matches(['\n', '\r']), &owner)
        .map_err(|fault| format!("password: {fault}"))?;
    let hasher = PasswordHasher::start(settings.argon2_engine, settings.argon2, 1, 1)?;
    let place = hasher.admit(Party::Source(Source::Unknown))?;
    let hash = hasher.hash(&place, password).await?;
    let user = new_user((&username, &email), hash, &settings.default_scopes, now);
    let id = user.id.clone();
    let inserted = database.write(move |connection| store::users::insert(connection, &user)).await;
    inserted.map_err(|error| match error {
        DatabaseError::Conflict(_) => Failure::from("a user of that name or address exists"),
        error => error.into(),
    })?;
    print(&id);
    Ok(())
}

pub(super) async fn find(database: &Database, name: &str) -> Result<UserRow, Failure> {
    let (id, login) = (name.to_owned(), LoginName::from_username_field(name));
    let found = database.read(move |connection| match &login {
        LoginName::Email(key) => store::users::by_email_key(connection, key),
        LoginName::Username(key) => match store::users::by_username_key(connection, key)? {
            Some(user) => Ok(Some(user)),
            None => store::users::by_id(connection, &id),
        },
        LoginName::Unknown(_) => Ok(None),
    });
    found.await?.ok_or_else(|| format!("there is no user {name}").into())
}
