//! Registration of a user, by the user or by an operator.

use claims::Scopes;
use database::{Database, DatabaseError};
use service_kit::{ids::UserId, unix_time::UnixMicros};

use super::{
    EmailAddress, Ext, NewPasswordError, Password, PasswordService, Username,
    hashing::{PasswordHash, QueuePermit},
    name_assignment::{self, TakenField, taken_field},
};
use crate::{
    audit::{self, Event, RequestContext},
    store::users::UserRow,
};

/// A user to register. Each value was checked by its parser.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The user name.
    pub username: Username,
    /// The e-mail address.
    pub email: EmailAddress,
    /// The password.
    pub password: Password,
    /// The user's scopes, such as `users:read`.
    pub scopes: Scopes,
}

/// A user to make. Each value was checked by its parser.
#[derive(Debug)]
pub struct NewUser {
    /// The user name.
    pub username: Username,
    /// The e-mail address.
    pub email: EmailAddress,
    /// The hash of the password; without one the user cannot sign in with a password until one is set.
    pub hash: Option<PasswordHash>,
    /// The user's scopes.
    pub scopes: Scopes,
    /// Further claims.
    pub ext: Option<Ext>,
}

/// What is stored for a user without a password: no password has this hash.
const NO_PASSWORD: &str = "!";

/// Whether the user has a password.
pub fn has_password(user: &UserRow) -> bool {
    !user.password_hash.starts_with(NO_PASSWORD)
}

/// Why a user is not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Another user has the name or the address.
    #[error("a user of that name or address exists")]
    Taken(TakenField),
    /// The password is not hashed.
    #[error(transparent)]
    Password(#[from] NewPasswordError),
    /// The database is unavailable.
    #[error(transparent)]
    Database(DatabaseError),
}

impl From<DatabaseError> for RegisterError {
    fn from(error: DatabaseError) -> Self {
        taken_field(&error).map_or(Self::Database(error), Self::Taken)
    }
}

/// Registers a user.
///
/// # Errors
/// See [`RegisterError`].
pub async fn register(
    database: &Database,
    passwords: &PasswordService,
    permit: &QueuePermit,
    registration: Registration,
    context: &RequestContext,
) -> Result<UserRow, RegisterError> {
    let Registration { username, email, password, scopes } = registration;
    let hash = Some(passwords.hash_new(permit, password).await?);
    create_user(database, NewUser { username, email, hash, scopes, ext: None }, context).await
}

/// Makes a user.
///
/// # Errors
/// [`RegisterError::Taken`], [`RegisterError::Database`].
pub async fn create_user(
    database: &Database,
    new: NewUser,
    context: &RequestContext,
) -> Result<UserRow, RegisterError> {
    let NewUser { username, email, hash, scopes, ext } = new;
    let user = new_row(&username, &email, hash, &scopes, context.at);
    let user = UserRow { ext: ext.map(|ext| ext.as_str().to_owned()), ..user };
    let entry = context.done(Event::UserRegistered).about_user(&user.id);
    let row = user.clone();
    audit::write(database, move |transaction| {
        name_assignment::insert_user(transaction, &row, &username, &email)?;
        transaction.audit(entry.clone())
    })
    .await?;
    Ok(user)
}

fn new_row(
    username: &Username,
    email: &EmailAddress,
    hash: Option<PasswordHash>,
    scopes: &Scopes,
    created_at: UnixMicros,
) -> UserRow {
    UserRow {
        id: UserId::random(),
        username: username.display().to_owned(),
        username_key: username.canonical().to_owned(),
        email: email.display().to_owned(),
        email_key: email.canonical().to_owned(),
        password_hash: hash.map_or_else(|| NO_PASSWORD.to_owned(), PasswordHash::into_string),
        scope: scopes.to_string(),
        credential_version: 1,
        last_login_at: None,
        disabled_at: None,
        created_at,
        device_epoch: 0,
        rights_version: 0,
        ext: None,
        disabled_reason: None,
    }
}
