//! `auth-service users create`

use std::io::Read;

use claims::{Scopes, scope::USERS_ADMIN};
use database::Database;
use zeroize::Zeroizing;

use super::refused_command::audit_refused_command;
use crate::{
    accounts::{
        self, BreachedPasswords, EmailAddress, NewUser, Password, PasswordService, Username,
        forbidden_passwords,
        hashing::{PasswordHash, PasswordHasher, Requester},
    },
    audit::RequestContext,
    cli::{CommandError, print},
    settings::AuthSettings,
    throttle::Source,
};

/// The arguments of the command.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewUserArguments<'a> {
    pub(super) username: &'a str,
    pub(super) email: &'a str,
    pub(super) admin: bool,
    pub(super) no_password: bool,
}

pub(super) async fn run(
    database: &Database,
    settings: &AuthSettings,
    arguments: NewUserArguments<'_>,
    context: &RequestContext,
) -> Result<(), CommandError> {
    let username =
        Username::parse_new(arguments.username).map_err(|error| format!("user name: {error}"))?;
    let email =
        EmailAddress::parse(arguments.email).map_err(|error| format!("e-mail address: {error}"))?;
    let hash = if arguments.no_password {
        None
    } else {
        Some(read_password(settings, &username, &email).await?)
    };
    let scopes = scopes(&settings.default_scopes, arguments.admin)?;
    let new = NewUser { username, email, hash, scopes, ext: None, by: None };
    let made = accounts::create_user(database, new, context).await;
    if let Err(error) = &made {
        audit_refused_command(database, error.audited_as(), None, context).await?;
    }
    let user = made?;
    print(user.id.as_str())
}

/// Reads the password from standard input and hashes it.
async fn read_password(
    settings: &AuthSettings,
    username: &Username,
    email: &EmailAddress,
) -> Result<PasswordHash, CommandError> {
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().read_to_string(&mut text)?;
    let forbidden: Vec<_> = forbidden_passwords(Some(username), Some(email)).collect();
    let password = Password::parse_new(text.trim_end_matches(['\n', '\r']), &forbidden)
        .map_err(|error| format!("password: {error}"))?;
    let hasher = PasswordHasher::start(settings.argon2_engine, settings.argon2, 1, 1)?;
    let breached = BreachedPasswords::open_if_set(settings.breached_passwords.as_deref())
        .map_err(|error| format!("AUTH_BREACHED_PASSWORDS: {error}"))?;
    let passwords = PasswordService::new(hasher, breached);
    let permit = passwords.take_permit(Requester::Source(Source::Unknown))?;
    Ok(passwords.hash_new(&permit, password).await?)
}

fn scopes(default: &Scopes, admin: bool) -> Result<Scopes, CommandError> {
    if !admin {
        return Ok(default.clone());
    }
    Ok(format!("{default} {USERS_ADMIN}").trim_start().parse()?)
}
