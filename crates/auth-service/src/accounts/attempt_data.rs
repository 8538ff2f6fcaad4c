//! What a log-in reads before its password is checked.

use database::AnyConnection;

use super::{LoginName, RenewedHash, failure_keys::failure_keys, sign_in::LoginChanges};
use crate::{
    store::{self, DbResult, login_failures::FailureRow, users::UserRow},
    throttle::{AttemptKey, AttemptKeys, DeviceToken, Failures},
};

/// The users with the name of a log-in, and the failures that may delay it or that it deletes.
#[derive(Debug)]
pub(super) struct AttemptData {
    /// No user, or one; two if two old accounts have names that share the current canonical form.
    pub(super) users: Vec<UserRow>,
    failures: Vec<FailureRow>,
}

impl AttemptData {
    /// Selects the users with this `username_key`, or with this `email_key` if the name is an address (none for a text
    /// that no user can have). Then, with `failure_key`, selects the failures under that key (of the name that was
    /// sent, or of the device) and under those users' names and addresses; a right password deletes all of these.
    ///
    /// The statements are not one snapshot: the account's slot limits the other attempts, and `sign_in` notices a changed
    /// user.
    pub(super) fn read(
        connection: &mut AnyConnection,
        name: &LoginName,
        keys: &AttemptKeys,
        failure_key: Option<AttemptKey>,
    ) -> DbResult<Self> {
        let users = name.find_by_canonical_form(connection)?;
        let Some(key) = failure_key else {
            return Ok(Self { users, failures: Vec::new() });
        };
        let mut wanted = vec![key.to_text()];
        wanted.extend(users.iter().flat_map(|user| failure_keys(keys, user)));
        wanted.dedup();
        let failures = store::login_failures::of_keys(connection, &wanted)?;
        Ok(Self { users, failures })
    }

    /// The failures under this key; `None` if there are none.
    pub(super) fn failures_under(&self, key: AttemptKey) -> Option<Failures> {
        let key = key.to_text();
        let row = self.failures.iter().find(|row| row.key == key)?;
        let (count, last_at, kept_until) = (row.failures, row.last_failed_at, row.kept_until);
        Some(Failures { count, last_at, kept_until })
    }

    /// The user who trusts the device.
    pub(super) fn user_who_trusts(&self, device: &DeviceToken) -> Option<&UserRow> {
        let is_meant =
            |user: &&UserRow| user.id == device.user_id && user.device_epoch == device.epoch;
        self.users.iter().find(is_meant)
    }

    /// What a right password changes: it deletes all failures that were read, and may renew the stored hash.
    pub(super) fn into_changes(self, renewed: Option<RenewedHash>) -> LoginChanges {
        let failure_keys = self.failures.into_iter().map(|row| row.key).collect();
        LoginChanges { failure_keys, renewed }
    }
}
