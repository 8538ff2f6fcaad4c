//! Creates a user, for an administrator or an operator. Registration also uses `new_row`.

use claims::Scopes;
use database::{Database, DatabaseError};
use service_kit::{ids::UserId, unix_time::UnixMicros};

use super::{
    CallerRights, CallerRightsChanged, EmailAddress, Ext, Username,
    hashing::{PasswordHash, has_no_password, imported_hash::NO_PASSWORD},
    name_assignment::{self, TakenField, taken_field},
};
use crate::{
    audit::{self, Event, RequestContext},
    store::users::{AddressState, UserRow, administration},
};

/// A user to make. Each value was checked by its parser.
#[derive(Debug)]
pub struct NewUser {
    /// The user name.
    pub username: Username,
    /// The e-mail address.
    pub email: EmailAddress,
    /// The hash of the password. Without it the user cannot sign in with a password until one is set.
    pub hash: Option<PasswordHash>,
    /// The user's scopes.
    pub scopes: Scopes,
    /// Further claims.
    pub ext: Option<Ext>,
    /// The administrator who makes the user, if it is a person.
    pub by: Option<CallerRights>,
}

/// Why a user is not made, or not invited.
#[derive(Debug, thiserror::Error)]
pub enum NewUserError {
    /// Another user has the name or a name that looks like it, or has the address or may take it back.
    #[error("a user of that name or address exists")]
    Taken(TakenField),
    /// The caller's rights changed after the token was checked.
    #[error(transparent)]
    CallerRightsChanged(#[from] CallerRightsChanged),
    /// The database is unavailable.
    #[error(transparent)]
    Database(DatabaseError),
}

impl NewUserError {
    /// A fixed word for the audit log, if the call was refused.
    pub fn audited_as(&self) -> Option<&'static str> {
        match self {
            Self::Taken(_) => Some("user_exists"),
            Self::CallerRightsChanged(_) => Some("rights_changed"),
            Self::Database(_) => None,
        }
    }
}

impl From<DatabaseError> for NewUserError {
    fn from(error: DatabaseError) -> Self {
        taken_field(&error).map_or(Self::Database(error), Self::Taken)
    }
}

/// Whether the user has a password.
pub fn has_password(user: &UserRow) -> bool {
    !has_no_password(user.password_hash.as_str())
}

/// Makes a user.
///
/// # Errors
/// See [`NewUserError`].
pub async fn create_user(
    database: &Database,
    new: NewUser,
    context: &RequestContext,
) -> Result<UserRow, NewUserError> {
    let NewUser { username, email, hash, scopes, ext, by } = new;
    let user = new_row(&username, &email, hash, &scopes, context.at);
    let user = UserRow { ext: ext.map(|ext| ext.as_str().to_owned()), ..user };
    let entry = context.done(Event::UserRegistered).about_user(&user.id);
    let row = user.clone();
    let made = audit::transaction(database, move |transaction| {
        if let Some(caller) = &by {
            // The lock ensures that the caller is an administrator until the transaction ends.
            administration::lock_administrators(transaction)?;
            if let Err(changed) = caller.check(transaction)? {
                return Ok(Err(changed));
            }
        }
        name_assignment::insert_user(transaction, &row, &username, &email)?;
        transaction.audit(entry.clone())?;
        Ok(Ok(()))
    });
    made.await??;
    Ok(user)
}

/// The row of a new user, whose address is not proven.
pub(super) fn new_row(
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
        password_hash: hash.map_or_else(|| NO_PASSWORD.into(), |hash| hash.into_string().into()),
        scope: scopes.to_string(),
        credential_version: 1,
        last_login_at: None,
        disabled_at: None,
        created_at,
        device_epoch: 0,
        rights_version: 0,
        ext: None,
        disabled_reason: None,
        address: AddressState::default(),
    }
}
