//! Changing scopes, of one user or of all.

use claims::Scopes;
use database::{Database, DatabaseError};
use service_kit::ids::UserId;

use crate::{
    audit::{self, Entry, Event, RequestContext},
    store::{
        self, Transaction,
        users::{UserBatch, UserRow},
    },
};

/// Users in one transaction, so that it does not block other writers for long.
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
    /// Some are added, some removed; the others stay as they are, known or not.
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

    /// Changes one user's scopes. `None` if there is no such user.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn apply_to_user(
        self,
        database: &Database,
        id: UserId,
        context: RequestContext,
    ) -> Result<Option<UserRow>, DatabaseError> {
        let change = move |transaction: &mut Transaction<'_>| {
            // An update locks the row: of two changes at once, the later one reads what the earlier one wrote.
            store::users::lock(transaction, &id)?;
            let Some(mut user) = store::users::by_id(transaction, &id)? else { return Ok(None) };
            let before = std::mem::take(&mut user.scope);
            user.scope = self.apply(&before);
            store::users::set_scope(transaction, &id, &user.scope)?;
            if user.scope != before {
                transaction.audit(changed(&context, &id, &before, &user.scope))?;
            }
            Ok(Some(user))
        };
        audit::write(database, change).await
    }

    /// Changes the scopes of every user, in batches, and returns how many users were changed. After an error, the next
    /// call does the rest.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn apply_to_all(
        &self,
        database: &Database,
        context: &RequestContext,
    ) -> Result<usize, DatabaseError> {
        let (mut changed, mut last) = (0, None);
        loop {
            let (change, after, context) = (self.clone(), last.clone(), context.clone());
            let step = audit::write(database, move |transaction| {
                let next = store::users::next_batch(transaction, after.as_ref(), BATCH)?;
                next.map(|batch| change.apply_to_batch(transaction, batch, &context)).transpose()
            });
            let Some(done) = step.await? else { return Ok(changed) };
            changed += done.changed;
            last = Some(done.last);
        }
    }

    /// Runs one statement for each different stored value; there are few. Returns how many users were changed, and the
    /// last id of the batch.
    fn apply_to_batch(
        &self,
        transaction: &mut Transaction<'_>,
        batch: UserBatch,
        context: &RequestContext,
    ) -> Result<ChangedBatch, DatabaseError> {
        let mut count = 0;
        for old in store::users::scopes_in(transaction, &batch)? {
            let new = self.apply(&old);
            if new != old {
                let ids = store::users::replace_scope(transaction, &batch, &old, &new)?;
                transaction.audit_all(ids.iter().map(|id| changed(context, id, &old, &new)))?;
                count += ids.len();
            }
        }
        Ok(ChangedBatch { changed: count, last: batch.last })
    }
}

fn changed(context: &RequestContext, id: &UserId, before: &str, after: &str) -> Entry {
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
