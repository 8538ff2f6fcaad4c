//! How many sessions a user may have, and which ones end when there are more.
//!
//! First ends a session that was never refreshed and is older than the access lifetime: a program that logs in for each
//! of its runs leaves such ones behind. Then the one that was unused longest.

use database::{AnyConnection, DatabaseError};

use super::end;
use crate::{
    settings::SessionRules,
    store::{self, sessions::SessionRow},
};

/// How many sessions one log-in ends at most. Only a user from before there was a cap has more of them; the next
/// log-ins end the rest.
const AT_ONCE: i64 = 1_000;

/// Ends sessions of the user until `new` is within the cap. Returns how many. The caller holds the user's row.
///
/// # Errors
/// When the database is away.
pub(super) fn enforce(
    connection: &mut AnyConnection,
    new: &SessionRow,
    rules: &SessionRules,
    now: i64,
) -> Result<usize, DatabaseError> {
    let unused_since = now - rules.lifetimes.access;
    let keep = rules.most - 1;
    let surplus = store::sessions::surplus(
        connection,
        (&new.user_id, &new.id),
        (now, unused_since),
        keep,
        AT_ONCE,
    )?;
    end::these(connection, &surplus, now)
}
