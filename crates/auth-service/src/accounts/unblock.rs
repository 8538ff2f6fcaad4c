//! Letting a user sign in whose account was tried too often, by an operator.

use database::{Database, DatabaseError};

use super::account_keys;
use crate::{
    store::{self, users::UserRow},
    throttle::AccountKeys,
};

/// Forgets the failed log-ins at a user's name and address. `false` if there were none.
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
