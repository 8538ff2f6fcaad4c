//! Changing one's own password.

use database::{AnyConnection, Database, DatabaseError};
use service_kit::{
    ids::{SessionId, UserId},
    unix_time::UnixSeconds,
};

use super::{
    EmailAddress, FieldError, Password, Username, end_links::end_links, forbidden_passwords,
    hashing::PasswordHash,
};
use crate::{
    audit::{self, Entry, Event, RequestContext},
    lifetimes::Lifetimes,
    mail::{MailKind, MailPolicy, NewMail},
    sessions::{
        is_ended, replacement_for,
        revoke::{replace_all_in, revoke_down_to_one_batch},
    },
    store::{
        self, DbResult, Transaction,
        sessions::{SessionRow, SessionWithUser},
        users::UserRow,
    },
};

/// Reads a user's new password. It must follow the rules, and must not be the user's own name or address.
///
/// # Errors
/// The rule that the password breaks.
pub fn parse_new_password(text: &str, user: &UserRow) -> Result<Password, FieldError> {
    let username = Username::parse(&user.username).ok();
    let email = EmailAddress::parse(&user.email).ok();
    let forbidden: Vec<_> = forbidden_passwords(username.as_ref(), email.as_ref()).collect();
    Password::parse_new(text, &forbidden)
}

/// A password change inside a session.
#[derive(Debug)]
pub struct PasswordChange {
    /// The user.
    pub user_id: UserId,
    /// The caller's session.
    pub session_id: SessionId,
    /// The hash of the new password.
    pub hash: PasswordHash,
    /// The keys whose failures are deleted with the change.
    pub failure_keys: Vec<String>,
}

/// Why a password is not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The caller's session ended while the password was being hashed. So a thief whose session was revoked cannot set
    /// a password.
    #[error("the session has ended")]
    SessionEnded,
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Sets a new password and ends every session of the user. Returns the user with the new session that replaces the
/// caller's.
///
/// # Errors
/// See [`ChangePasswordError`].
pub async fn change_password(
    database: &Database,
    lifetimes: &Lifetimes,
    policy: &MailPolicy,
    change: PasswordChange,
    context: &RequestContext,
) -> Result<SessionWithUser, ChangePasswordError> {
    let (user_id, session_id) = (change.user_id, change.session_id);
    let (hash, keys) = (change.hash.into_string(), change.failure_keys);
    let (lifetimes, policy, at) = (*lifetimes, *policy, context.at);
    let now = context.at.seconds();
    let entry = context.done(Event::PasswordChanged).about_user(&user_id).in_session(&session_id);
    revoke_down_to_one_batch(database, &user_id, Some(&session_id), now, &entry).await?;
    let changed = audit::transaction(database, move |transaction| {
        let Some(asking) = lock_user_and_read_session(transaction, &user_id, &session_id, now)?
        else {
            return Ok(None);
        };
        store::login_failures::clear(transaction, &keys)?;
        // A thief who knew the old password may have asked for another address.
        store::users::set_pending_email(transaction, &user_id, None)?;
        end_links(transaction, &user_id)?;
        let notice = NewMail::to_user(MailKind::PasswordChanged, &asking.user);
        policy.add(transaction, notice, at)?;
        let session = replacement_for(&asking.session, &lifetimes, now);
        change_password_in(transaction, asking.user, session, &hash, &entry).map(Some)
    });
    changed.await?.ok_or(ChangePasswordError::SessionEnded)
}

/// Locks the user's row and reads the caller's session, if it has not ended.
fn lock_user_and_read_session(
    transaction: &mut AnyConnection,
    user_id: &UserId,
    session_id: &SessionId,
    now: UnixSeconds,
) -> DbResult<Option<SessionWithUser>> {
    if !store::users::bump_credential_version(transaction, user_id)? {
        return Ok(None);
    }
    let found = store::sessions::with_user(transaction, session_id)?;
    Ok(found.filter(|found| found.user.id == *user_id && !is_ended(&found.session, now)))
}

fn change_password_in(
    transaction: &mut Transaction<'_>,
    user: UserRow,
    session: SessionRow,
    hash: &str,
    entry: &Entry,
) -> DbResult<SessionWithUser> {
    store::users::set_password_hash(transaction, &user.id, hash)?;
    let user = UserRow { device_epoch: user.device_epoch + 1, ..user };
    let entry = entry.clone().with("new_session", session.id.as_str());
    replace_all_in(transaction, &session, session.created_at, &entry)?;
    Ok(SessionWithUser { session, user })
}
