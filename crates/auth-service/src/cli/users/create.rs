//! `auth-service users create`

use std::io::Read;

use database::Database;
use zeroize::Zeroizing;

use crate::{
    accounts::{
        self, BreachedPasswords, EmailAddress, Password, PasswordService, Registration, Username,
        forbidden_passwords,
        hashing::{PasswordHasher, Requester},
    },
    audit::RequestContext,
    cli::{CommandError, print},
    settings::AuthSettings,
    throttle::Source,
};

pub(super) async fn run(
    database: &Database,
    settings: &AuthSettings,
    username: &str,
    email: &str,
    context: &RequestContext,
) -> Result<(), CommandError> {
    let username = Username::parse_new(username).map_err(|fault| format!("user name: {fault}"))?;
    let email = EmailAddress::parse(email).map_err(|fault| format!("e-mail address: {fault}"))?;
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().read_to_string(&mut text)?;
    let forbidden: Vec<_> = forbidden_passwords(Some(&username), Some(&email)).collect();
    let password = Password::parse_new(text.trim_end_matches(['\n', '\r']), &forbidden)
        .map_err(|fault| format!("password: {fault}"))?;
    let hasher = PasswordHasher::start(settings.argon2_engine, settings.argon2, 1, 1)?;
    let breached = BreachedPasswords::open_if_set(settings.breached_passwords.as_deref())
        .map_err(|error| format!("AUTH_BREACHED_PASSWORDS: {error}"))?;
    let passwords = PasswordService::new(hasher, breached);
    let permit = passwords.take_permit(Requester::Source(Source::Unknown))?;
    let scopes = settings.default_scopes.clone();
    let registration = Registration { username, email, password, scopes };
    let user = accounts::register(database, &passwords, &permit, registration, context).await?;
    print(user.id.as_str())
}
