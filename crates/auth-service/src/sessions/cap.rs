//! The session cap: how many sessions a user may have, and which sessions end when there are more.
//!
//! Sessions that were never refreshed and are older than the access lifetime end first: a program that logs in at each
//! run leaves such sessions behind. Then the least recently used sessions end.

use database::DatabaseError;

use super::revoke::revoke_listed;
use crate::{
    audit::{Event, RequestContext},
    lifetimes::SessionRules,
    store::{
        self, Transaction,
        sessions::{SessionRow, SurplusQuery},
    },
};

/// Most sessions that one log-in ends, so that it stays short. A user can have more surplus sessions only after
/// `AUTH_SESSIONS_PER_USER` was lowered, or from a version without a cap; the next log-ins end the rest.
const BATCH: i64 = 1_000;

/// Ends sessions of the user until, with `new`, not more than the cap are left. Returns how many were ended. The caller
/// has locked the user's row.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn enforce(
    transaction: &mut Transaction<'_>,
    new: &SessionRow,
    rules: &SessionRules,
    context: &RequestContext,
) -> Result<usize, DatabaseError> {
    let now = context.at.seconds();
    let query = SurplusQuery {
        user_id: &new.user_id,
        except: &new.id,
        now,
        unused_before: now - rules.lifetimes.access,
        keep: rules.max_sessions - 1,
        limit: BATCH,
    };
    let surplus = store::sessions::surplus(transaction, query)?;
    let entry = context.done(Event::SessionEnded).because("session_limit");
    revoke_listed(transaction, &surplus, now, &entry.about_user(&new.user_id))
}
