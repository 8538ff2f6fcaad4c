//! Unblocks a user after too many failed log-ins, for an operator or an administrator.

use database::{Database, DatabaseError};

use super::failure_keys;
use crate::{
    audit::{self, Event, RequestContext},
    store::{self, users::UserRow},
    throttle::AttemptKeys,
};

/// Deletes the failed log-ins of a user's name and address. `false` if there were none.
///
/// # Errors
/// When the database is unavailable.
pub async fn unblock(
    database: &Database,
    keys: &AttemptKeys,
    user: &UserRow,
    context: &RequestContext,
) -> Result<bool, DatabaseError> {
    let failed = failure_keys(keys, user);
    let entry = context.done(Event::UserUnblocked).about_user(&user.id);
    audit::transaction(database, move |transaction| {
        let unblocked = store::login_failures::clear(transaction, &failed)? > 0;
        if unblocked {
            transaction.audit(entry.clone())?;
        }
        Ok(unblocked)
    })
    .await
}
