//! Changing one's own name or address.
//!
//! A name or an address that equals the owner's password is refused: it would reveal the password to other users.

use std::time::Duration;

use database::{Database, DatabaseError};
use service_kit::ids::{SessionId, UserId};

use super::{
    EmailAddress, MIN_CHARS, OwnPasswordError, OwnSession, Password, PasswordService, Username,
    end_links::end_links,
    forbidden_passwords,
    hashing::HashingError,
    name_assignment::{self, TakenField, taken_field},
    rights_change,
};
use crate::{
    audit::{self, Event, RequestContext},
    mail::{MailKind, MailPolicy, NewMail},
    sessions::wrong_passwords,
    store::{self, DbResult, Transaction, users::UserRow},
};

/// The values to change. A new address needs the current password.
#[derive(Clone, Debug)]
pub struct ProfileChange {
    /// The new name.
    pub username: Option<Username>,
    /// The new address.
    pub email: Option<EmailAddress>,
    /// The password.
    pub current_password: Option<Password>,
}

/// A field of a [`ProfileChange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileField {
    /// The name.
    Username,
    /// The address.
    Email,
}

/// Why nothing is changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeProfileError {
    /// The current password was sent and not accepted.
    #[error(transparent)]
    Password(OwnPasswordError),
    /// The new name or address equals the password.
    #[error("the new value is the user's own password")]
    IsThePassword(ProfileField),
    /// A new address came without the password, or the name was changed too often without it.
    #[error("the current password is needed")]
    PasswordNeeded,
    /// Another user has the name or the address.
    #[error("a user of that name or address exists")]
    Taken(TakenField),
    /// The session has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// The new name could not be compared with the password: hashing is overloaded or failed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database is unavailable.
    #[error(transparent)]
    Database(DatabaseError),
}

impl From<DatabaseError> for ChangeProfileError {
    fn from(error: DatabaseError) -> Self {
        taken_field(&error).map_or(Self::Database(error), Self::Taken)
    }
}

/// Changes only the fields that were sent, so that two calls at once can change two fields. Returns the new row.
/// `access` is the lifetime of access tokens: without mail, older access tokens become stale if the previous address
/// was proven.
///
/// # Errors
/// See [`ChangeProfileError`].
pub async fn change_profile(
    database: &Database,
    passwords: &PasswordService,
    policy: &MailPolicy,
    access: Duration,
    own: &OwnSession,
    change: ProfileChange,
    context: impl Fn() -> RequestContext,
) -> Result<UserRow, ChangeProfileError> {
    match (&change.current_password, &change.username) {
        (Some(password), _) => {
            own.check_password(database, passwords, password.clone(), &context)
                .await
                .map_err(ChangeProfileError::Password)?;
            reject_values_equal_to_password(password, &change)?;
        }
        (None, _) if change.email.is_some() => return Err(ChangeProfileError::PasswordNeeded),
        (None, Some(name)) => {
            reject_name_equal_to_stored_password(database, passwords, own, name).await?;
        }
        (None, None) => {}
    }
    let (session_id, policy, context) = (own.session.id.clone(), *policy, context());
    let (user_id, keys) = (own.user.id.clone(), own.failure_keys.clone());
    let changed = audit::transaction(database, move |transaction| {
        let caller = Caller { user_id: &user_id, session_id: &session_id, failure_keys: &keys };
        let changed = change_profile_in(transaction, &change, caller, &policy, &context)?;
        let Some((user, was_proven)) = changed else { return Ok(None) };
        if was_proven && user.address.email_verified_at.is_none() {
            rights_change::raise(transaction, &user.id, access, context.at.seconds())?;
        }
        Ok(Some(user))
    });
    changed.await?.ok_or(ChangeProfileError::SessionEnded)
}

/// The session in which a profile is changed.
#[derive(Clone, Copy)]
struct Caller<'a> {
    user_id: &'a UserId,
    session_id: &'a SessionId,
    failure_keys: &'a [String],
}

/// The new row, and whether the previous address was proven. `None` if the session has ended.
fn change_profile_in(
    transaction: &mut Transaction<'_>,
    change: &ProfileChange,
    Caller { user_id, session_id, failure_keys }: Caller<'_>,
    policy: &MailPolicy,
    context: &RequestContext,
) -> DbResult<Option<(UserRow, bool)>> {
    store::users::lock(transaction, user_id)?;
    let before = store::users::by_id(transaction, user_id)?;
    let Some(before) = before else { return Ok(None) };
    if store::sessions::is_revoked(transaction, session_id)? {
        return Ok(None);
    }
    if change.current_password.is_some() {
        wrong_passwords::clear(transaction, session_id, failure_keys)?;
    }
    let entry = |event| context.done(event).about_user(user_id).in_session(session_id);
    if let Some(name) = &change.username {
        name_assignment::rename(transaction, user_id, name)?;
        if name.display() != before.username {
            transaction.audit(entry(Event::UserRenamed))?;
        }
    }
    if let Some(email) = &change.email
        && let Some(event) = change_address(transaction, &before, email, policy, context)?
    {
        transaction.audit(entry(event))?;
    }
    let was_proven = before.address.email_verified_at.is_some();
    Ok(store::users::by_id(transaction, user_id)?.map(|user| (user, was_proven)))
}

/// If mail is on, the new address only becomes the pending one, and gets a mail. Without mail it replaces the old one
/// at once.
fn change_address(
    transaction: &mut Transaction<'_>,
    before: &UserRow,
    address: &EmailAddress,
    policy: &MailPolicy,
    context: &RequestContext,
) -> DbResult<Option<Event>> {
    let (id, now) = (&before.id, context.at.seconds());
    if address.display() == before.email {
        // The user keeps the current address: this cancels a pending change.
        store::users::set_pending_email(transaction, id, None)?;
        return Ok(None);
    }
    if !policy.is_on {
        name_assignment::change_address(transaction, id, address, now)?;
        end_links(transaction, id)?;
        return Ok(Some(Event::EmailChanged));
    }
    name_assignment::reject_taken_address(transaction, address, id, now)?;
    store::users::set_pending_email(transaction, id, Some(address.display()))?;
    let mail = NewMail::to_user(MailKind::Change, before).at(address);
    policy.add(transaction, mail, context.at)?;
    Ok(Some(Event::EmailChangeRequested))
}

/// Rejects new values that equal the password, if the password was sent.
fn reject_values_equal_to_password(
    password: &Password,
    change: &ProfileChange,
) -> Result<(), ChangeProfileError> {
    let (name, email) = (change.username.as_ref(), change.email.as_ref());
    for (field, known) in [
        (ProfileField::Username, forbidden_passwords(name, None).collect::<Vec<_>>()),
        (ProfileField::Email, forbidden_passwords(None, email).collect()),
    ] {
        if password.is_one_of(&known) {
            return Err(ChangeProfileError::IsThePassword(field));
        }
    }
    Ok(())
}

/// Rejects a new name that equals the password, if only the password's hash is known.
///
/// The answer tells a thief with a fresh token whether a guess is right. So such a name counts as a wrong password of
/// the session. If one more wrong password would end the session, the password itself is required.
async fn reject_name_equal_to_stored_password(
    database: &Database,
    passwords: &PasswordService,
    own: &OwnSession,
    name: &Username,
) -> Result<(), ChangeProfileError> {
    let mut forms = vec![name.display(), name.canonical()];
    forms.dedup();
    // A shorter name cannot be a password.
    forms.retain(|form| form.chars().count() >= MIN_CHARS);
    if forms.is_empty() || name.display() == own.user.username {
        return Ok(());
    }
    let id = own.session.id.clone();
    let counted =
        database.write(move |transaction| wrong_passwords::count_possible_guess(transaction, &id));
    if !counted.await? {
        return Err(ChangeProfileError::PasswordNeeded);
    }
    for form in forms {
        let Ok(password) = Password::parse_entered(form) else { continue };
        let stored = Some(own.user.password_hash.as_str());
        if passwords.verify(&own.slot, password, stored).await?.matches {
            return Err(ChangeProfileError::IsThePassword(ProfileField::Username));
        }
    }
    Ok(())
}
