//! The keys under which the failures of an account are stored: one for the name, one for the address.

use super::LoginName;
use crate::{store::users::UserRow, throttle::AttemptKeys};

/// The keys of a user's name and address.
pub fn failure_keys(keys: &AttemptKeys, user: &UserRow) -> Vec<String> {
    let names = [LoginName::of_username(&user.username), LoginName::from_email_field(&user.email)];
    names.iter().map(|name| name.attempt_key(keys).to_text()).collect()
}
