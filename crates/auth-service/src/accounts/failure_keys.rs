//! The keys under which the failures of an account are stored: one for the name, one for the address.

use database::AnyConnection;

use super::LoginName;
use crate::{
    store::{self, DbResult, login_failures::FailureRow, users::UserRow},
    throttle::{AttemptKey, AttemptKeys},
};

/// The keys of a user's name and address.
pub fn failure_keys(keys: &AttemptKeys, user: &UserRow) -> Vec<String> {
    let names = [LoginName::of_username(&user.username), LoginName::from_email_field(&user.email)];
    names.iter().map(|name| name.attempt_key(keys).to_text()).collect()
}

/// The failures under the key of the attempt (of the name that was sent, or of the device), and under the names and
/// addresses of the users who have that name.
pub(super) fn failures_of_attempt_and_users(
    connection: &mut AnyConnection,
    keys: &AttemptKeys,
    key: AttemptKey,
    users: &[UserRow],
) -> DbResult<Vec<FailureRow>> {
    let mut wanted = vec![key.to_text()];
    wanted.extend(users.iter().flat_map(|user| failure_keys(keys, user)));
    wanted.dedup();
    store::login_failures::of_keys(connection, &wanted)
}
