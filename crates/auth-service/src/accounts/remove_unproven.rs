//! Removes accounts whose address was never proven, if log-ins need a proven address.

use database::{Database, DatabaseError};
use service_kit::ids::UserId;

use super::administrators::is_last;
use crate::{
    audit::{self, Event, RequestContext},
    mail::MailPolicy,
    sessions::revoke::revoke_all_in,
    store::{self, DbResult, Transaction, users::administration},
};

/// Maximum number of accounts that one call removes.
const MAX_REMOVED: i64 = 200;

/// Removes accounts whose proof is overdue, if log-ins need one. Returns how many.
///
/// # Errors
/// When the database is unavailable.
pub async fn remove_unproven(
    database: &Database,
    policy: &MailPolicy,
    context: &RequestContext,
) -> Result<usize, DatabaseError> {
    if !policy.requires_proof() {
        return Ok(0);
    }
    let now = context.at.seconds();
    let read = move |connection: &mut _| store::users::overdue_proofs(connection, now, MAX_REMOVED);
    let mut removed = 0;
    for id in database.read(read).await? {
        let context = context.clone();
        let one =
            audit::transaction(database, move |transaction| remove_in(transaction, &id, &context));
        removed += usize::from(one.await?);
    }
    Ok(removed)
}

/// `false` if the address was proven meanwhile, or if the user is the last administrator.
fn remove_in(
    transaction: &mut Transaction<'_>,
    id: &UserId,
    context: &RequestContext,
) -> DbResult<bool> {
    let now = context.at.seconds();
    administration::lock_administrators(transaction)?;
    store::users::lock(transaction, id)?;
    if !store::users::is_proof_overdue(transaction, id, now)? {
        return Ok(false);
    }
    let Some(user) = store::users::by_id(transaction, id)? else { return Ok(false) };
    if is_last(transaction, &user)? {
        return Ok(false);
    }
    let entry = context.done(Event::UserDeleted).because("never_proven").about_user(id);
    // The account has sessions only if for a time no proof was required.
    revoke_all_in(transaction, id, now, &entry)?;
    store::users::remove(transaction, id)
}
