//! Announces changed rights, so that verifiers reject access tokens with the old rights within a second.

use std::{collections::HashMap, time::Duration};

use service_kit::{ids::UserId, unix_time::UnixSeconds};

use super::CLOCK_SKEW;
use crate::store::{
    self, DbResult, Transaction, revocations::MinRightsVersion, users::NewRightsVersion,
};

/// Writes the feed entry of a user whose rights version was raised in this transaction. `access` is the lifetime of
/// access tokens.
///
/// Must be the last step of a transaction, because it takes the lock for which all processes wait. A refresh at the
/// same time may have read the old rights: then its token has the old version, and is rejected as well.
pub(crate) fn announce_rights(
    transaction: &mut Transaction<'_>,
    user: &NewRightsVersion,
    access: Duration,
    now: UnixSeconds,
) -> DbResult<()> {
    let latest = store::sessions::latest_access(transaction, std::slice::from_ref(&user.user_id))?;
    // Older tokens may have been signed while `AUTH_ACCESS_TTL` was longer.
    let latest = latest.into_iter().map(|latest| latest.expires_at).max();
    let entry = entry(user, latest.unwrap_or(now), access, now);
    store::revocations::insert_min_rights_versions(transaction, &[entry])
}

/// As [`announce_rights`], for many users. A user without a live session has no usable token and gets no entry, because
/// the batch may hold every user of a large service. A log-in at the same time waits for the user's row and reads the
/// new rights.
pub(crate) fn announce_rights_of_users(
    transaction: &mut Transaction<'_>,
    users: &[NewRightsVersion],
    access: Duration,
    now: UnixSeconds,
) -> DbResult<()> {
    let ids: Vec<UserId> = users.iter().map(|user| user.user_id.clone()).collect();
    let by_id: HashMap<&str, _> = users.iter().map(|user| (user.user_id.as_str(), user)).collect();
    let latest = store::sessions::latest_access(transaction, &ids)?;
    let entries: Vec<_> = latest
        .into_iter()
        .filter_map(|latest| {
            let user = by_id.get(latest.id.as_str())?;
            Some(entry(user, latest.expires_at, access, now))
        })
        .collect();
    store::revocations::insert_min_rights_versions(transaction, &entries)
}

fn entry(
    user: &NewRightsVersion,
    latest: UnixSeconds,
    access: Duration,
    now: UnixSeconds,
) -> MinRightsVersion {
    MinRightsVersion {
        sub: user.user_id.to_string(),
        min_version: user.rights_version,
        until: latest.max(now + access) + CLOCK_SKEW,
    }
}
