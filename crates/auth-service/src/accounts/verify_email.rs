//! Proving an address by the link of a mail: the first one of an account, or a new one.

use std::time::Duration;

use database::Database;
use service_kit::ids::UserId;

use super::{
    LinkError, former_address::keep_way_back, name_assignment, rights_change, used_link::take_link,
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

/// Accepts a link to prove an address. Returns the user. Access tokens from before become stale; `access` is their lifetime.
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
    let verified = audit::write(database, move |transaction| {
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
    let taken = take_link(transaction, hash, &purposes, now)?;
    let Some((token, id)) = taken else { return Ok(None) };
    let user = store::users::by_id(transaction, &id)?;
    let Some(user) = user.filter(|user| user.disabled_at.is_none()) else { return Ok(None) };
    let context = context.by(Actor::User(id.clone()));
    let is_new = if token.purpose == LinkPurpose::Verify.as_str() {
        prove(transaction, &user, &token, &context)?
    } else {
        change(transaction, policy, &user, &token, &context)?
    };
    Ok(is_new.map(|is_new| Proven { user_id: id, is_new }))
}

/// Whether the address was not proven before; `None` if the user has another address by now.
fn prove(
    transaction: &mut Transaction<'_>,
    user: &UserRow,
    token: &TokenRow,
    context: &RequestContext,
) -> DbResult<Option<bool>> {
    if user.email != token.address {
        return Ok(None);
    }
    // The other links to prove it are of no use any more.
    one_time_tokens::remove_of_user(transaction, &user.id, &[LinkPurpose::Verify.as_str()])?;
    let is_new = store::users::mark_proven(transaction, &user.id, context.at.seconds())?;
    if is_new {
        transaction.audit(context.done(Event::EmailVerified).about_user(&user.id))?;
    }
    Ok(Some(is_new))
}

/// The same for a new address: it was not proven before. `None` if the user wants another address, or none, by now.
fn change(
    transaction: &mut Transaction<'_>,
    policy: &MailPolicy,
    user: &UserRow,
    token: &TokenRow,
    context: &RequestContext,
) -> DbResult<Option<bool>> {
    if user.address.pending_email.as_deref() != Some(&token.address) {
        return Ok(None);
    }
    let (id, now) = (&user.id, context.at.seconds());
    one_time_tokens::remove_of_user(transaction, id, &LinkPurpose::ENDED_BY_CHANGES)?;
    keep_way_back(transaction, policy, user, context.at)?;
    transaction.audit(context.done(Event::EmailChanged).about_user(id))?;
    let forms = NameForms { shown: &token.address, key: &token.address_key };
    let changed = name_assignment::set_address(transaction, id, forms, Some(now), now)?;
    Ok(changed.then_some(true))
}
