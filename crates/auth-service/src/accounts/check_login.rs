//! Checks the password of a log-in, and counts failures in a row.
//!
//! An attempt takes one of the few slots of its account, then reads the user and the failures. If the password
//! is wrong, it stores the failure before it gives the slot back. So each of several parallel guesses sees the failures
//! of the earlier ones. A name without an account is handled like a name with one.

use database::{AnyConnection, Database};
use service_kit::unix_time::UnixSeconds;

use super::{
    CheckPasswordError, CheckedPassword, LoginName, Password, PasswordService, SignInError,
    check_password,
    failure_keys::failures_of_attempt_and_users,
    hashing::{AccountSlot, MAX_ATTEMPTS_AT_ONCE, QueuePermit},
    sign_in::LoginChanges,
};
use crate::{
    store::{self, login_failures::FailureRow, users::UserRow},
    throttle::{
        AccountRule, AttemptKey, AttemptKeys, Decision, DeviceToken, FAILURE_RETENTION, Failures,
        TooSoon, decide_device,
    },
};

/// A log-in whose password is not checked yet.
#[derive(Clone, Debug)]
pub struct LoginRequest {
    /// The name that was sent.
    pub name: LoginName,
    /// The password that was sent.
    pub password: Password,
    /// The permit for the hash queue.
    pub permit: QueuePermit,
}

/// A log-in whose password was right.
#[derive(Debug)]
pub struct CheckedLogin {
    /// The user.
    pub user: UserRow,
    /// Changes to store together with the session.
    pub changes: LoginChanges,
    /// The account's slot. It is kept until the session is stored.
    pub slot: AccountSlot,
}

/// Checks the passwords of log-ins.
#[derive(Clone, Copy, Debug)]
pub struct LoginChecker<'a> {
    /// The database.
    pub database: &'a Database,
    /// Checks passwords.
    pub passwords: &'a PasswordService,
    /// Makes the pseudonymous ids under which failures are counted.
    pub keys: &'a AttemptKeys,
    /// How failures delay further attempts. By default five failures are free; then each wait is twice as long as the
    /// one before, from 30 s to 1 h. After 100 failures only a trusted device can sign in, until a day has passed
    /// without a failure. `None` if failures delay nothing.
    pub rule: Option<AccountRule>,
}

/// The data of an attempt before its password is checked.
#[derive(Debug)]
struct AttemptData {
    users: Vec<UserRow>,
    failures: Vec<FailureRow>,
}

/// An attempt that has a slot of its account.
struct Attempt<R> {
    slot: AccountSlot,
    data: AttemptData,
    /// Why the attempt must not continue. `None` if it may.
    rejection: Option<R>,
}

/// The token of the device is not accepted.
struct DeviceNotAccepted;

impl LoginChecker<'_> {
    /// Finds the user of a log-in and checks the password.
    ///
    /// # Errors
    /// [`SignInError::Password`], [`SignInError::TooSoon`], [`SignInError::Database`].
    pub async fn check(
        &self,
        login: LoginRequest,
        now: impl Fn() -> UnixSeconds,
    ) -> Result<CheckedLogin, SignInError> {
        let key = login.name.attempt_key(self.keys);
        let max = self.rule.map_or(MAX_ATTEMPTS_AT_ONCE, |rule| rule.max_at_once());
        let judge = |data: &AttemptData| match self
            .rule
            .map(|rule| rule.decide(data.failures_under(key), now()))
        {
            Some(Decision::Allowed { at_once }) => Ok(at_once),
            Some(Decision::Wait(seconds)) => Err(TooSoon(seconds)),
            None => Ok(MAX_ATTEMPTS_AT_ONCE),
        };
        let Attempt { slot, data, rejection } = self.begin(&login, key, max, judge).await?;
        let user_id = data.users.first().map(|user| user.id.clone());
        if let Some(wait) = rejection {
            slot.reject_waiting_attempts(wait);
            return Err(SignInError::TooSoon { user_id, wait });
        }
        let checked = self.check_each(&slot, data.users.clone(), login.password).await;
        if checked.as_ref().is_err_and(CheckPasswordError::is_wrong_or_disabled) {
            self.count_failure(&slot, key, now(), now() + FAILURE_RETENTION).await?;
        }
        let checked = checked.map_err(|reason| SignInError::Password { user_id, reason })?;
        Ok(data.into_checked_login(checked, slot))
    }

    /// Checks a log-in from a device that sends a token. Its failures are counted separately: they delay no other
    /// attempts, and other failures do not delay it. `None` if the token is not accepted: it belongs to another user,
    /// or it ended because of failures, a new password, or because the user was disabled.
    ///
    /// # Errors
    /// [`SignInError::Password`], [`SignInError::Database`].
    pub async fn check_from_device(
        &self,
        login: LoginRequest,
        device: &DeviceToken,
        now: impl Fn() -> UnixSeconds,
    ) -> Result<Option<CheckedLogin>, SignInError> {
        let key = self.keys.of_device(&device.id);
        let judge = |data: &AttemptData| match (
            data.user_who_trusts(device),
            decide_device(data.failures_under(key)),
        ) {
            (Some(_), Some(left)) => Ok(left.min(MAX_ATTEMPTS_AT_ONCE)),
            _ => Err(DeviceNotAccepted),
        };
        let begun = self.begin(&login, key, MAX_ATTEMPTS_AT_ONCE, judge).await?;
        let Attempt { slot, data, rejection: None } = begun else { return Ok(None) };
        let user = data.user_who_trusts(device).cloned();
        let checked = check_password(self.passwords, &slot, user, login.password).await;
        if checked.as_ref().is_err_and(CheckPasswordError::is_wrong_or_disabled) {
            self.count_failure(&slot, key, now(), device.expires_at).await?;
        }
        let user_id = Some(device.user_id.clone());
        let checked = checked.map_err(|reason| SignInError::Password { user_id, reason })?;
        Ok(Some(data.into_checked_login(checked, slot)))
    }

    /// Begins an attempt: waits up to two seconds for a slot of the account (then: 503 `overloaded`; or 429, if another
    /// attempt finds the account blocked meanwhile), then reads the user and the failures. Until they are read, at
    /// most `max` attempts run at once. `judge` returns how many may run at once by what was read, or why this attempt
    /// is rejected. If more are running already, this attempt gives its slot back and begins again.
    async fn begin<R>(
        &self,
        login: &LoginRequest,
        key: AttemptKey,
        max: usize,
        judge: impl Fn(&AttemptData) -> Result<usize, R>,
    ) -> Result<Attempt<R>, SignInError> {
        loop {
            let slot = self.passwords.take_slot(login.permit.clone(), key, max).await?;
            // Read after the attempt has its slot, because earlier attempts may have changed the rows.
            let data = self.find(login.name.clone(), key).await?;
            let rejection = match judge(&data) {
                Ok(limit) if slot.apply_limit(limit) => None,
                Ok(_) => continue,
                Err(rejection) => Some(rejection),
            };
            return Ok(Attempt { slot, data, rejection });
        }
    }

    /// Selects the users with this `username_key`, or with this `email_key` if the name is an address (none for a text
    /// that no user can have). Then selects the failures under `key` (of the name that was sent, or of the device) and
    /// under those users' names and addresses; a right password deletes all of these. The statements are not one
    /// snapshot: the slot keeps other attempts out, and `sign_in` notices a changed user.
    async fn find(&self, name: LoginName, key: AttemptKey) -> Result<AttemptData, SignInError> {
        let (keys, is_throttled) = (self.keys.clone(), self.rule.is_some());
        let read = self.database.read(move |connection| {
            let users = name.find_by_canonical_form(connection)?;
            let failures = if is_throttled {
                failures_of_attempt_and_users(connection, &keys, key, &users)?
            } else {
                Vec::new()
            };
            Ok(AttemptData { users, failures })
        });
        Ok(read.await?)
    }

    /// Checks the password against each of the users: first whether it matches, then whether the user is disabled. Both
    /// errors count as a failure. There are two users only if two old accounts have names that share the
    /// current canonical form; then each password signs in to its own account.
    async fn check_each(
        &self,
        slot: &AccountSlot,
        users: Vec<UserRow>,
        password: Password,
    ) -> Result<CheckedPassword, CheckPasswordError> {
        let (mut users, copy) = (users.into_iter(), password.clone());
        let first = check_password(self.passwords, slot, users.next(), copy).await;
        match (first, users.next()) {
            (Err(error), Some(other)) if error.is_wrong_or_disabled() => {
                check_password(self.passwords, slot, Some(other), password).await
            }
            (first, _) => first,
        }
    }

    /// Adds 1 to the stored number of failures, in one statement. The attempt must keep its slot until this is done.
    async fn count_failure(
        &self,
        slot: &AccountSlot,
        key: AttemptKey,
        now: UnixSeconds,
        kept_until: UnixSeconds,
    ) -> Result<(), SignInError> {
        if self.rule.is_none() {
            return Ok(());
        }
        let key = key.to_text();
        let write = move |connection: &mut AnyConnection| {
            store::login_failures::add(connection, &key, now, kept_until)
        };
        self.database.write(write).await?;
        slot.lower_limit_after_failure();
        Ok(())
    }
}

impl AttemptData {
    fn failures_under(&self, key: AttemptKey) -> Option<Failures> {
        let key = key.to_text();
        let row = self.failures.iter().find(|row| row.key == key)?;
        let (count, last_at, kept_until) = (row.failures, row.last_failed_at, row.kept_until);
        Some(Failures { count, last_at, kept_until })
    }

    /// The user who trusts the device.
    fn user_who_trusts(&self, device: &DeviceToken) -> Option<&UserRow> {
        let is_meant =
            |user: &&UserRow| user.id == device.user_id && user.device_epoch == device.epoch;
        self.users.iter().find(is_meant)
    }

    fn into_checked_login(self, checked: CheckedPassword, slot: AccountSlot) -> CheckedLogin {
        let CheckedPassword { user, renewed } = checked;
        let failure_keys = self.failures.into_iter().map(|row| row.key).collect();
        CheckedLogin { user, changes: LoginChanges { failure_keys, renewed }, slot }
    }
}
