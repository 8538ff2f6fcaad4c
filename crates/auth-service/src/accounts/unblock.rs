//! Unblocking a user after too many failed log-ins, by an operator.

use database::{Database, DatabaseError};

use super::account_keys;
use crate::{
    store::{self, users::UserRow},
    throttle::AccountKeys,
};

/// Deletes the failed log-ins of a user's name and address. `false` if there were none.
///
/// # Errors
/// When the database is unavailable.
pub async fn unblock(
    database: &Database,
    keys: &AccountKeys,
    user: &UserRow,
) -> Result<bool, DatabaseError> {
    let failed = account_keys(keys, user);
    let clear = move |transaction: &mut _| store::login_failures::clear(transaction, &failed);
    Ok(database.write(clear).await? > 0)
}
