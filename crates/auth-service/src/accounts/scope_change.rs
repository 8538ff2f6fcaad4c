//! Changes the scopes of one user or of all users.

use std::time::Duration;

use claims::{Scopes, scope::USERS_ADMIN};
use database::{Database, DatabaseError};
use service_kit::ids::UserId;

use super::{LastAdministrator, UpdateError, UpdateRejection, administrators::has_admin_scope};
use crate::{
    audit::{self, Entry, Event, RequestContext},
    sessions::announce_rights_of_users,
    store::{
        self, Transaction,
        users::{NewRightsVersion, UserBatch, administration},
    },
};

/// Users in one transaction. They are few enough that other writers do not wait for long.
const BATCH: i64 = 1_000;

/// The result of one transaction.
struct ChangedBatch {
    /// How many users were changed.
    changed: usize,
    /// The last user of the batch.
    last: UserId,
}

/// A change of stored scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeChange {
    /// These replace the stored scopes.
    Set(Scopes),
    /// Some scopes are added, some removed. The other stored scopes stay, even if this service does not know them.
    Edit {
        /// Scopes to add.
        add: Scopes,
        /// Scopes to remove.
        remove: Scopes,
    },
}

impl ScopeChange {
    /// The stored scopes after the change.
    pub fn apply(&self, stored: &str) -> String {
        match self {
            Self::Set(scopes) => scopes.to_string(),
            Self::Edit { add, remove } => {
                let mut kept: Vec<_> = stored
                    .split_ascii_whitespace()
                    .filter(|scope| !remove.contains(scope))
                    .collect();
                for scope in add.iter() {
                    if !kept.contains(&scope) {
                        kept.push(scope);
                    }
                }
                kept.join(" ")
            }
        }
    }

    /// Changes the scopes of every user, in batches, and returns how many users were changed. After an error, the next
    /// call continues. `access` is the lifetime of access tokens: those with the old rights become invalid.
    ///
    /// # Errors
    /// [`UpdateRejection::LastAdministrator`] if no administrator would be left; when the database is unavailable.
    pub async fn apply_to_all(
        &self,
        database: &Database,
        access: Duration,
        context: &RequestContext,
    ) -> Result<usize, UpdateError> {
        let (mut changed, mut last) = (0, None);
        loop {
            let (change, after, context) = (self.clone(), last.clone(), context.clone());
            let step = audit::transaction(database, move |transaction| {
                if change.demotes_administrators() {
                    administration::lock_administrators(transaction)?;
                    if administration::has_administrator(transaction, None)? {
                        let refused = context.refused(Event::AdminRefused, "last_administrator");
                        transaction.audit(refused)?;
                        return Ok(Some(Err(UpdateRejection::from(LastAdministrator))));
                    }
                }
                let next = store::users::next_batch(transaction, after.as_ref(), BATCH)?;
                let apply = |batch| change.apply_to_batch(transaction, batch, access, &context);
                Ok(next.map(apply).transpose()?.map(Ok))
            });
            let Some(done) = step.await?.transpose()? else { return Ok(changed) };
            changed += done.changed;
            last = Some(done.last);
        }
    }

    fn demotes_administrators(&self) -> bool {
        !has_admin_scope(&self.apply(USERS_ADMIN))
    }

    /// Runs one statement for each different stored value, of which there are few. Returns how many users were changed,
    /// and the last id of the batch.
    fn apply_to_batch(
        &self,
        transaction: &mut Transaction<'_>,
        batch: UserBatch,
        access: Duration,
        context: &RequestContext,
    ) -> Result<ChangedBatch, DatabaseError> {
        let mut raised = Vec::new();
        for old in store::users::scopes_in(transaction, &batch)? {
            let new = self.apply(&old);
            if new != old {
                let users = store::users::replace_scope(transaction, &batch, &old, &new)?;
                let entry = |user: &NewRightsVersion| changed(context, &user.user_id, &old, &new);
                transaction.audit_all(users.iter().map(entry))?;
                raised.extend(users);
            }
        }
        announce_rights_of_users(transaction, &raised, access, context.at.seconds())?;
        Ok(ChangedBatch { changed: raised.len(), last: batch.last })
    }
}

/// The audit entry of a change.
pub(super) fn changed(context: &RequestContext, id: &UserId, before: &str, after: &str) -> Entry {
    let entry = context.done(Event::AdminScopesChanged).about_user(id);
    entry.with("before", before).with("after", after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(text: &str) -> Scopes {
        text.parse().unwrap()
    }

    #[test]
    fn an_edit_leaves_the_other_scopes_and_their_order() {
        let edit = |add, remove| ScopeChange::Edit { add: scopes(add), remove: scopes(remove) };
        for (change, stored, expected) in [
            (edit("", "users:email"), "users:read users:email", "users:read"),
            (edit("", "users:email"), "users:email", ""),
            (edit("", "users:email"), "", ""),
            (edit("", "users:email"), "users:email2 x:users:email", "users:email2 x:users:email"),
            (edit("", "a c"), "a b c d", "b d"),
            (edit("users:email", ""), "users:read unknown", "users:read unknown users:email"),
            (edit("users:email", ""), "users:email users:read", "users:email users:read"),
            (edit("b", "a"), "a", "b"),
            (edit("b", ""), "", "b"),
            (ScopeChange::Set(scopes("x y")), "a", "x y"),
        ] {
            assert_eq!(change.apply(stored), expected, "{change:?} on {stored:?}");
        }
    }
}
