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
    /// Checks that the rights are those of the token. A token is checked before its call waits for the database: the
    /// caller may be no administrator any more.
    ///
    /// Where the transaction has called
    /// [`lock_administrators`](store::users::administration::lock_administrators), no other one takes a right from an
    /// administrator at the same time.
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
