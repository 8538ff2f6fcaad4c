//! The rule that at least one administrator stays.

use claims::scope::USERS_ADMIN;
use database::AnyConnection;

use crate::store::{
    DbResult,
    users::{UserRow, administration},
};

/// The user is the last administrator, and therefore cannot be disabled, deleted or demoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is the last administrator: give another enabled user the scope users:admin first")]
pub struct LastAdministrator;

/// Whether the user is an administrator and may sign in.
pub(super) fn is_active_administrator(user: &UserRow) -> bool {
    user.disabled_at.is_none() && has_admin_scope(&user.scope)
}

pub(super) fn has_admin_scope(scope: &str) -> bool {
    scope.split_ascii_whitespace().any(|scope| scope == USERS_ADMIN)
}

/// Whether no administrator would be left without this user. A transaction that changes the user must call
/// [`administration::lock_administrators`] first; otherwise two changes at once could remove the last two.
pub(super) fn is_last(connection: &mut AnyConnection, user: &UserRow) -> DbResult<bool> {
    Ok(is_active_administrator(user)
        && !administration::has_administrator(connection, Some(&user.id))?)
}
