//! The rights of the administrator who calls, checked again inside the transaction of the change.

use database::AnyConnection;
use service_kit::ids::UserId;

use crate::store::{self, DbResult};

/// A person who calls as an administrator, and the rights version of the token that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerRights {
    /// The person.
    pub user_id: UserId,
    /// The version in the token.
    pub rights_version: i64,
}

/// The caller's rights changed after the token was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the caller's rights have changed")]
pub struct CallerRightsChanged;

impl CallerRights {
    /// Checks that the rights are still those of the token. The token was checked before the call waited for the
    /// database: meanwhile the caller may have lost the right.
    ///
    /// If the transaction has called
    /// [`lock_administrators`](store::users::administration::lock_administrators), no other transaction takes a right
    /// from an administrator before it ends.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub(super) fn check(
        &self,
        connection: &mut AnyConnection,
    ) -> DbResult<Result<(), CallerRightsChanged>> {
        let caller = store::users::by_id(connection, &self.user_id)?;
        let holds = caller.is_some_and(|caller| {
            caller.disabled_at.is_none() && caller.rights_version <= self.rights_version
        });
        Ok(if holds { Ok(()) } else { Err(CallerRightsChanged) })
    }
}
