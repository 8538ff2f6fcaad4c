//! `auth-service users create`

use std::io::Read;

use database::{Database, DatabaseError};
use zeroize::Zeroizing;

use crate::{
    accounts::{
        EmailAddress, Password, Username,
        hashing::{Party, PasswordHasher},
        naming,
    },
    cli::{Failure, print},
    endpoints::post_register::{new_user, owner_names},
    settings::AuthSettings,
    throttle::Source,
};

pub(super) async fn run(
    database: &Database,
    settings: &AuthSettings,
    (username, email): (&str, &str),
    now: i64,
) -> Result<(), Failure> {
    let username = Username::chosen(username).map_err(|fault| format!("user name: {fault}"))?;
    let email = EmailAddress::parse(email).map_err(|fault| format!("e-mail address: {fault}"))?;
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().read_to_string(&mut text)?;
    let owner: Vec<_> = owner_names(Some(&username), Some(&email)).collect();
    let password = Password::new_secret(text.trim_end_matches(['\n', '\r']), &owner)
        .map_err(|fault| format!("password: {fault}"))?;
    let hasher = PasswordHasher::start(settings.argon2_engine, settings.argon2, 1, 1)?;
    let place = hasher.admit(Party::Source(Source::Unknown))?;
    let hash = hasher.hash(&place, password).await?;
    let user = new_user((&username, &email), hash, &settings.default_scopes, now);
    let id = user.id.clone();
    let inserted = database
        .write(move |connection| naming::insert_user(connection, &user, (&username, &email)))
        .await;
    inserted.map_err(|error| match error {
        DatabaseError::Conflict(_) => Failure::from("a user of that name or address exists"),
        error => error.into(),
    })?;
    print(&id)
}
