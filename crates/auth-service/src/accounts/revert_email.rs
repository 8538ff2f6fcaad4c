//! Takes a previous address back by the link of a mail. With it, the owner of an account that a thief has taken gets
//! the account back.

use std::time::Duration;

use database::{AnyConnection, Database, DatabaseError};
use service_kit::ids::UserId;

use super::{
    LinkError, Password, PasswordService,
    end_links::end_links,
    hashing::QueuePermit,
    name_assignment, rights_change,
    take_link::{take_link, with_user_id},
};
use crate::{
    audit::{self, Actor, Entry, Event, RequestContext},
    mail::{LinkPurpose, LinkToken, MailKind, MailPolicy, NewMail},
    sessions::revoke::{revoke_all_in, revoke_down_to_one_batch},
    store::{
        self, DbResult, Transaction, one_time_tokens,
        users::{NameForms, UserRow},
    },
};

const REVERT: [&str; 1] = [LinkPurpose::Revert.as_str()];

/// Gives the user of a link the previous address back. Every session ends, and the password no longer works until it is
/// reset; the mail for that is sent. Returns the user. `access` is the lifetime of access tokens.
///
/// # Errors
/// See [`LinkError`].
pub async fn revert_email(
    database: &Database,
    passwords: &PasswordService,
    policy: &MailPolicy,
    access: Duration,
    permit: &QueuePermit,
    token: &LinkToken,
    context: &RequestContext,
) -> Result<UserId, LinkError> {
    let (hash, now) = (token.hash(), context.at.seconds());
    let found = hash.clone();
    let read = move |connection: &mut AnyConnection| {
        let token = one_time_tokens::find(connection, &found, &REVERT, now)?;
        let Some((_, id)) = with_user_id(token) else { return Ok(None) };
        Ok(store::users::by_id(connection, &id)?.filter(is_enabled))
    };
    let id = database.read(read).await?.ok_or(LinkError::Invalid)?.id;
    // A random password replaces the old one, so that log-ins fail like with a wrong password, in the same time.
    let internal = |error: String| DatabaseError::Internal(error);
    let random = LinkToken::random().map_err(|error| internal(error.to_string()))?.hash();
    let random = Password::parse_entered(&random).map_err(|error| internal(error.to_string()))?;
    let random = passwords.hash(permit, random).await?.into_string();
    let context = context.by(Actor::User(id.clone()));
    let entry = context.done(Event::EmailReverted).about_user(&id);
    revoke_down_to_one_batch(database, &id, None, now, &entry).await?;
    let policy = *policy;
    let reverted = audit::transaction(database, move |transaction| {
        let reverted = revert_in(transaction, &policy, &hash, &random, &context, &entry)?;
        if let Some(id) = &reverted {
            rights_change::raise(transaction, id, access, now)?;
        }
        Ok(reverted)
    });
    reverted.await?.ok_or(LinkError::Invalid)
}

/// The link of a disabled user does not work.
fn is_enabled(user: &UserRow) -> bool {
    user.disabled_at.is_none()
}

/// Consumes the link and changes the account. `None` if the link is no longer valid.
fn revert_in(
    transaction: &mut Transaction<'_>,
    policy: &MailPolicy,
    hash: &str,
    random: &str,
    context: &RequestContext,
    entry: &Entry,
) -> DbResult<Option<UserId>> {
    let now = context.at.seconds();
    let taken = take_link(transaction, hash, &REVERT, now, |_, user, _| Ok(is_enabled(user)))?;
    let Some((token, user)) = taken else { return Ok(None) };
    let id = user.id;
    store::users::bump_credential_version(transaction, &id)?;
    let forms = NameForms { shown: &token.address, key: &token.address_key };
    name_assignment::set_address(transaction, &id, forms, Some(now), now)?;
    store::address_reservations::release(transaction, &token.address_key, &id)?;
    store::users::set_password_hash(transaction, &id, random)?;
    end_links(transaction, &id)?;
    // A thief may have changed the address several times. The links of the later changes would give the account back to
    // the thief.
    let revert = LinkPurpose::Revert.as_str();
    one_time_tokens::remove_since(transaction, &id, revert, token.requested_at)?;
    store::outbox::remove_waiting_since(
        transaction,
        &id,
        MailKind::Revert.as_str(),
        token.requested_at,
    )?;
    if let Some(user) = store::users::by_id(transaction, &id)? {
        policy.add(transaction, NewMail::to_user(MailKind::Reverted, &user), context.at)?;
    }
    revoke_all_in(transaction, &id, now, entry)?;
    Ok(Some(id))
}
