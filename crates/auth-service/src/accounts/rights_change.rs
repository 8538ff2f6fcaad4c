//! Changes a user's rights: scopes and further claims. A change of the proven address also counts as a change of
//! rights.

use std::time::Duration;

use service_kit::{ids::UserId, unix_time::UnixSeconds};

use super::{Ext, ScopeChange, scope_change};
use crate::{
    audit::{Event, RequestContext},
    sessions::announce_rights,
    store::{
        self, DbResult, Transaction,
        users::{NewRightsVersion, StoredRights, UserRow},
    },
};

/// A change of one user's rights. A field that is `None` is not changed.
#[derive(Clone, Debug, Default)]
pub struct RightsChange {
    /// The scopes.
    pub scope: Option<ScopeChange>,
    /// The further claims; `Some(None)` removes them.
    pub ext: Option<Option<Ext>>,
}

impl RightsChange {
    /// Changes only the scopes.
    pub fn of_scope(change: ScopeChange) -> Self {
        Self { scope: Some(change), ext: None }
    }

    /// Changes only the further claims.
    pub fn of_ext(ext: Option<Ext>) -> Self {
        Self { scope: None, ext: Some(ext) }
    }

    /// Changes the rights of a user whose row is locked, and returns the new row. If all values are the same, nothing
    /// is written. If the rights version changed, the caller must call [`announce`].
    ///
    /// # Errors
    /// When the database is unavailable.
    pub(super) fn apply_in(
        &self,
        transaction: &mut Transaction<'_>,
        user: UserRow,
        context: &RequestContext,
    ) -> DbResult<UserRow> {
        let scope = self.scope.as_ref().map(|change| change.apply(&user.scope));
        let scope = scope.filter(|scope| *scope != user.scope);
        let ext = self.ext.clone().map(|ext| ext.map(|ext| ext.as_str().to_owned()));
        let ext = ext.filter(|ext| *ext != user.ext);
        if scope.is_none() && ext.is_none() {
            return Ok(user);
        }
        if let Some(scope) = &scope {
            let entry = scope_change::changed(context, &user.id, &user.scope, scope);
            transaction.audit(entry)?;
        }
        if ext.is_some() {
            transaction.audit(context.done(Event::AdminExtChanged).about_user(&user.id))?;
        }
        let rights = StoredRights {
            scope: scope.unwrap_or_else(|| user.scope.clone()),
            ext: ext.unwrap_or_else(|| user.ext.clone()),
            rights_version: user.rights_version + 1,
        };
        store::users::set_rights(transaction, &user.id, &rights.scope, rights.ext.as_deref())?;
        Ok(user.with_rights(rights))
    }
}

/// Raises the rights version of a user whose row is locked, after a change of the proven address, and announces it.
/// Must be the last step of a transaction.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn raise(
    transaction: &mut Transaction<'_>,
    user_id: &UserId,
    access: Duration,
    now: UnixSeconds,
) -> DbResult<()> {
    let raised = store::users::raise_rights_version(transaction, user_id, 0)?;
    let Some(rights_version) = raised else { return Ok(()) };
    let raised = NewRightsVersion { user_id: user_id.clone(), rights_version };
    announce_rights(transaction, &raised, access, now)
}

/// Announces the user's new rights version to the verifiers. Must be the last step of a transaction.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn announce(
    transaction: &mut Transaction<'_>,
    user: &UserRow,
    access: Duration,
    context: &RequestContext,
) -> DbResult<()> {
    let raised = NewRightsVersion { user_id: user.id.clone(), rights_version: user.rights_version };
    announce_rights(transaction, &raised, access, context.at.seconds())
}
