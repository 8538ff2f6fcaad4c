//! Proves an address by the link of a mail: the current address of an account, or a new one.

use std::time::Duration;

use database::Database;
use service_kit::ids::UserId;

use super::{
    LinkError, end_links::end_links, name_assignment, offer_revert::offer_revert, rights_change,
    take_link::take_link,
};
use crate::{
    audit::{self, Actor, Event, RequestContext},
    mail::{LinkPurpose, LinkToken, MailPolicy},
    store::{
        self, DbResult, Transaction,
        one_time_tokens::{self, TokenRow},
        users::{NameForms, UserRow},
    },
};

/// Accepts a link to prove an address. Returns the user. Older access tokens become stale; `access` is their lifetime.
///
/// # Errors
/// See [`LinkError`].
pub async fn verify_email(
    database: &Database,
    policy: &MailPolicy,
    access: Duration,
    token: &LinkToken,
    context: &RequestContext,
) -> Result<UserId, LinkError> {
    let (hash, policy, context) = (token.hash(), *policy, context.clone());
    let verified = audit::transaction(database, move |transaction| {
        let proven = verify_in(transaction, &policy, &hash, &context)?;
        if let Some(Proven { user_id, is_new: true }) = &proven {
            rights_change::raise(transaction, user_id, access, context.at.seconds())?;
        }
        Ok(proven)
    });
    Ok(verified.await?.ok_or(LinkError::Invalid)?.user_id)
}

/// A link that was accepted.
struct Proven {
    user_id: UserId,
    /// Whether the address was not proven before.
    is_new: bool,
}

fn verify_in(
    transaction: &mut Transaction<'_>,
    policy: &MailPolicy,
    hash: &str,
    context: &RequestContext,
) -> DbResult<Option<Proven>> {
    let purposes = [LinkPurpose::Verify.as_str(), LinkPurpose::Change.as_str()];
    let now = context.at.seconds();
    let taken = take_link(transaction, hash, &purposes, now, |_, user, token| {
        Ok(user.disabled_at.is_none() && is_wanted(user, token))
    })?;
    let Some((token, user)) = taken else { return Ok(None) };
    let id = user.id.clone();
    let context = context.by(Actor::User(id.clone()));
    let is_new = if token.purpose == LinkPurpose::Verify.as_str() {
        prove(transaction, &user, &context)?
    } else {
        change(transaction, policy, &user, &token, &context)?;
        true
    };
    Ok(Some(Proven { user_id: id, is_new }))
}

/// Whether the link is for the user's current address, or for the pending one.
fn is_wanted(user: &UserRow, token: &TokenRow) -> bool {
    if token.purpose == LinkPurpose::Verify.as_str() {
        user.email == token.address
    } else {
        user.address.pending_email.as_deref() == Some(&token.address)
    }
}

/// Marks the address as proven. `true` if it was not proven before.
fn prove(
    transaction: &mut Transaction<'_>,
    user: &UserRow,
    context: &RequestContext,
) -> DbResult<bool> {
    // Other links to prove the address are no longer needed.
    one_time_tokens::remove_of_user(transaction, &user.id, &[LinkPurpose::Verify.as_str()])?;
    let is_new = store::users::mark_proven(transaction, &user.id, context.at.seconds())?;
    if is_new {
        transaction.audit(context.done(Event::EmailVerified).about_user(&user.id))?;
    }
    Ok(is_new)
}

/// Replaces the user's address by the one of the link.
fn change(
    transaction: &mut Transaction<'_>,
    policy: &MailPolicy,
    user: &UserRow,
    token: &TokenRow,
    context: &RequestContext,
) -> DbResult<()> {
    let (id, now) = (&user.id, context.at.seconds());
    end_links(transaction, id)?;
    offer_revert(transaction, policy, user, &token.address_key, context.at)?;
    transaction.audit(context.done(Event::EmailChanged).about_user(id))?;
    let forms = NameForms { shown: &token.address, key: &token.address_key };
    name_assignment::set_address(transaction, id, forms, Some(now), now)?;
    Ok(())
}
