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
    mail::{Locale, MailKind, MailPolicy, NewMail},
    store::{
        DbResult, Transaction,
        users::{AddressState, UserRow},
    },
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
    /// The language of mails to the user.
    pub locale: Option<Locale>,
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

/// What became of a registration.
#[derive(Clone, Debug)]
pub enum Registered {
    /// There is a new user.
    User(Box<UserRow>),
    /// The address was taken, and where log-ins need a proven address the client must not learn that: its owner gets a
    /// mail.
    OnlyMail,
}

/// Registers a user. Where mail is on, the user gets a mail to prove the address.
///
/// # Errors
/// See [`RegisterError`]. Where log-ins need a proven address, never for a taken address.
pub async fn register(
    database: &Database,
    passwords: &PasswordService,
    permit: &QueuePermit,
    registration: Registration,
    policy: &MailPolicy,
    context: &RequestContext,
) -> Result<Registered, RegisterError> {
    let hash = passwords.hash_new(permit, registration.password.clone()).await?;
    let Registration { username, email, scopes, locale, .. } = &registration;
    let address = AddressState {
        locale: locale.as_ref().map(Locale::to_string),
        proof_due_at: policy.proof_due_at(context.at.seconds()),
        ..AddressState::default()
    };
    let row = new_row(username, email, Some(hash), scopes, context.at);
    let row = UserRow { address, ..row };
    let new = New { row, registration, policy: *policy, context: context.clone() };
    let first = write(database, new.clone()).await;
    let written = match first {
        // Another registration of the same address was committed meanwhile: now it is seen.
        Err(RegisterError::Taken(TakenField::Email)) if policy.requires_proof() => {
            write(database, new).await
        }
        first => first,
    };
    match written {
        Err(RegisterError::Taken(TakenField::Email)) if policy.requires_proof() => {
            Ok(Registered::OnlyMail)
        }
        written => written,
    }
}

async fn write(database: &Database, new: New) -> Result<Registered, RegisterError> {
    Ok(audit::write(database, move |transaction| new.register_in(transaction)).await?)
}

/// A registration whose password is hashed.
#[derive(Clone)]
struct New {
    row: UserRow,
    registration: Registration,
    policy: MailPolicy,
    context: RequestContext,
}

impl New {
    fn register_in(&self, transaction: &mut Transaction<'_>) -> DbResult<Registered> {
        let Self { row, registration: Registration { username, email, .. }, policy, context } =
            self;
        if policy.requires_proof() {
            // The name first: whether a name is taken may be known, and must not depend on the address.
            name_assignment::refuse_taken_name(transaction, username, &row.id)?;
            let now = context.at.seconds();
            let owner = name_assignment::owner_of_address(transaction, email, &row.id, now)?;
            if let Some(owner) = owner {
                let mail = NewMail::to_user(MailKind::AddressTaken, &owner);
                policy.add(transaction, mail, context.at)?;
                let refused = context.refused(Event::UserRegistered, "address_taken");
                transaction.audit(refused.about_user(&owner.id))?;
                return Ok(Registered::OnlyMail);
            }
        }
        name_assignment::insert_user(transaction, row, username, email)?;
        if policy.verifies_new_users() {
            policy.add(transaction, NewMail::to_user(MailKind::Verify, row), context.at)?;
        }
        transaction.audit(context.done(Event::UserRegistered).about_user(&row.id))?;
        Ok(Registered::User(Box::new(row.clone())))
    }
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
        address: AddressState::default(),
    }
}
