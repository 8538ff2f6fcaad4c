//! The session cap: how many sessions a user may have, and which ones end when there are more.
//!
//! Sessions that were never refreshed and are older than the access lifetime end first: a program that logs in at each
//! of its runs leaves such sessions. Then those end that were unused for the longest time.

use database::DatabaseError;

use super::revoke::revoke_listed;
use crate::{
    settings::SessionRules,
    store::{
        self, Transaction,
        sessions::{SessionRow, SurplusQuery},
    },
};

/// How many sessions one login ends at most. Only a user from before the cap has more; the next logins end the rest.
const BATCH: i64 = 1_000;

/// Ends sessions of the user until `new` is within the cap. Returns their number. The caller has locked the user's
/// row.
///
/// # Errors
/// When the database is unavailable.
pub(super) fn enforce(
    transaction: &mut Transaction,
    new: &SessionRow,
    rules: &SessionRules,
    now: i64,
) -> Result<usize, DatabaseError> {
    let query = SurplusQuery {
        user_id: &new.user_id,
        except: &new.id,
        now,
        unused_since: now - rules.lifetimes.access,
        keep: rules.max_sessions - 1,
        limit: BATCH,
    };
    let surplus = store::sessions::surplus(transaction, query)?;
    revoke_listed(transaction, &surplus, now)
}
