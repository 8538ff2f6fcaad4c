//! Checks whether a log-in is accepted: the limits of its source and of trusted devices, failures in a row, its password,
//! and the proof of the address.
//!
//! An attempt takes one of the few slots of its account, then reads the user and the failures. If the password
//! is wrong, it stores the failure before it gives the slot back. So each of several parallel guesses sees the failures
//! of the earlier ones. A name without an account is handled like a name with one.

use database::{AnyConnection, Database};
use service_kit::{clock::Clock, unix_time::UnixSeconds};

use super::{
    CheckPasswordError, CheckedPassword, LoginName, Password, PasswordService, SignInError,
    attempt_data::AttemptData,
    check_password,
    check_password::check_password_of_users,
    hashing::{AccountSlot, HashingError, MAX_ATTEMPTS_AT_ONCE, QueuePermit, Requester},
    send_verification,
    sign_in::LoginChanges,
};
use crate::{
    audit::RequestContext,
    mail::MailPolicy,
    store::{self, users::UserRow},
    throttle::{
        AccountRule, AttemptKey, AttemptKeys, Decision, DeviceToken, FAILURE_RETENTION, Source,
        TooSoon, UserLimits, decide_device,
    },
};

/// A log-in whose password is not checked yet.
#[derive(Debug)]
pub struct LoginRequest {
    /// The name that was sent.
    pub name: LoginName,
    /// The password that was sent.
    pub password: Password,
    /// The address that it comes from.
    pub source: Source,
    /// How long this source must wait because of too many log-ins. `None` if it need not. Only a log-in with a `device`
    /// gets here with a wait: any other one over the limit was refused before.
    pub source_wait: Option<TooSoon>,
    /// The token of a device, validly signed and not expired. Whether the user trusts the device is not known yet.
    pub device: Option<DeviceToken>,
}

/// A log-in whose password was right.
#[derive(Debug)]
pub struct CheckedLogin {
    /// The user.
    pub user: UserRow,
    /// Whether it comes from a device that the user trusts.
    pub is_trusted: bool,
    /// Changes to store together with the session.
    pub changes: LoginChanges,
    /// The account's slot. It is kept until the session is stored.
    pub slot: AccountSlot,
}

/// Checks log-ins.
#[derive(Clone, Copy, Debug)]
pub struct LoginChecker<'a> {
    /// The database.
    pub database: &'a Database,
    /// The clock. It is read when a time is needed, because an attempt may wait for seconds.
    pub clock: &'a Clock,
    /// Checks passwords.
    pub passwords: &'a PasswordService,
    /// Makes the pseudonymous ids under which failures are counted.
    pub keys: &'a AttemptKeys,
    /// How failures delay further attempts. By default five failures are free; then each wait is twice as long as the
    /// one before, from 30 s to 1 h. After 100 failures only a trusted device can sign in, until a day has passed
    /// without a failure. `None` if failures delay nothing.
    pub rule: Option<AccountRule>,
    /// Limits the log-ins from a user's trusted devices.
    pub user_limits: &'a UserLimits,
    /// Whether log-ins need a proven address.
    pub policy: MailPolicy,
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
    /// Finds the user of a log-in and checks the password: as a log-in from a trusted device if it is one, otherwise
    /// like any other. If log-ins need a proven address and the user's is not proven, the mail for the proof is added to
    /// the outbox again; `context` says in which call.
    ///
    /// # Errors
    /// Each [`SignInError`] except [`SignInError::CredentialsChanged`].
    pub async fn check(
        &self,
        login: &LoginRequest,
        context: impl Fn() -> RequestContext,
    ) -> Result<CheckedLogin, SignInError> {
        let from_device = match &login.device {
            Some(device) => self.check_from_device(login, device).await?,
            None => None,
        };
        let checked = match from_device {
            Some(checked) => checked,
            None => self.check_without_device(login).await?,
        };
        if !self.policy.refuses_login_of(&checked.user) {
            return Ok(checked);
        }
        let user_id = checked.user.id;
        match send_verification(self.database, &self.policy, user_id.clone(), context()).await {
            Ok(_) => Err(SignInError::EmailUnverified { user_id }),
            Err(error) => Err(SignInError::Database { user_id: Some(user_id), error }),
        }
    }

    /// Checks a log-in like any other: it is refused if its source is over the limit, and its permit for the hash queue
    /// counts for the source.
    async fn check_without_device(
        &self,
        login: &LoginRequest,
    ) -> Result<CheckedLogin, SignInError> {
        if let Some(wait) = login.source_wait {
            return Err(SignInError::SourceOverLimit(wait));
        }
        let permit = self.passwords.take_permit(Requester::Source(login.source))?;
        let key = login.name.attempt_key(self.keys);
        let max_before_read = self.rule.map_or(MAX_ATTEMPTS_AT_ONCE, |rule| rule.max_at_once());
        let judge = |data: &AttemptData| {
            let Some(rule) = self.rule else { return Ok(MAX_ATTEMPTS_AT_ONCE) };
            match rule.decide(data.failures_under(key), self.clock.now()) {
                Decision::Allowed { at_once } => Ok(at_once),
                Decision::Wait(seconds) => Err(TooSoon(seconds)),
            }
        };
        let Attempt { slot, data, rejection } =
            self.begin(login, permit, key, max_before_read, judge).await?;
        let user_id = data.users.first().map(|user| user.id.clone());
        if let Some(wait) = rejection {
            slot.reject_waiting_attempts(wait);
            return Err(SignInError::TooManyFailures { user_id, wait });
        }
        // First whether the password matches, then whether the user is disabled. Both errors count as a failure.
        let (passwords, users) = (self.passwords, &data.users);
        let checked = check_password_of_users(passwords, &slot, users, &login.password).await;
        if checked.as_ref().is_err_and(CheckPasswordError::is_wrong_or_disabled) {
            let now = self.clock.now();
            self.count_failure(&slot, key, now, now + FAILURE_RETENTION).await?;
        }
        let CheckedPassword { user, renewed } =
            checked.map_err(|reason| SignInError::Password { user_id, reason })?;
        Ok(CheckedLogin { user, is_trusted: false, changes: data.into_changes(renewed), slot })
    }

    /// Checks a log-in from a device that sends a token. Its failures are counted separately: they delay no other
    /// attempts, and other failures do not delay it. `None` if it must be handled like any other log-in: the user's
    /// devices log in too often, the token belongs to another user, or it ended because of failures, a new password,
    /// or because the user was disabled. A wrong password from a trusted device is an error, and is not checked again.
    async fn check_from_device(
        &self,
        login: &LoginRequest,
        device: &DeviceToken,
    ) -> Result<Option<CheckedLogin>, SignInError> {
        let Some(permit) = self.device_permit(device)? else { return Ok(None) };
        let key = self.keys.of_device(&device.id);
        let judge = |data: &AttemptData| match (
            data.user_who_trusts(device),
            decide_device(data.failures_under(key)),
        ) {
            (Some(_), Some(left)) => Ok(left.min(MAX_ATTEMPTS_AT_ONCE)),
            _ => Err(DeviceNotAccepted),
        };
        let begun = self.begin(login, permit, key, MAX_ATTEMPTS_AT_ONCE, judge).await?;
        let Attempt { slot, data, rejection: None } = begun else { return Ok(None) };
        let user = data.user_who_trusts(device).cloned();
        let checked = check_password(self.passwords, &slot, user, login.password.clone()).await;
        if checked.as_ref().is_err_and(CheckPasswordError::is_wrong_or_disabled) {
            self.count_failure(&slot, key, self.clock.now(), device.expires_at).await?;
        }
        let user_id = Some(device.user_id.clone());
        let CheckedPassword { user, renewed } =
            checked.map_err(|reason| SignInError::Password { user_id, reason })?;
        let changes = data.into_changes(renewed);
        Ok(Some(CheckedLogin { user, is_trusted: true, changes, slot }))
    }

    /// Counts the log-in for the user's devices, and takes a permit for the hash queue that does not count for the
    /// address of the device. `None` if the user's devices log in too often.
    fn device_permit(&self, device: &DeviceToken) -> Result<Option<QueuePermit>, HashingError> {
        let user = self.keys.of_user(device.user_id.as_str());
        if self.user_limits.device_login(user, self.clock.micros()).is_err() {
            return Ok(None);
        }
        let device = self.keys.of_device(&device.id);
        self.passwords.take_permit(Requester::TrustedDevice { user, device }).map(Some)
    }

    /// Begins an attempt: waits up to two seconds for a slot of the account (without one 503 `overloaded`; 429 at once if
    /// another attempt finds the account blocked meanwhile), then reads the user and the failures. Until they are read,
    /// at most `max_before_read` attempts run at once. `judge` returns how many may run at once by what was read, or why
    /// this attempt is rejected. If more are running already, this attempt gives its slot back and begins again.
    async fn begin<R>(
        &self,
        login: &LoginRequest,
        permit: QueuePermit,
        key: AttemptKey,
        max_before_read: usize,
        judge: impl Fn(&AttemptData) -> Result<usize, R>,
    ) -> Result<Attempt<R>, SignInError> {
        loop {
            let slot = self.passwords.take_slot(permit.clone(), key, max_before_read).await?;
            // Read after the attempt has its slot, because earlier attempts may have changed the rows: the user by the
            // canonical form of the name or address (two only if two old accounts share it), and the failures under
            // `key` and under the user's own name and address, which a right password deletes.
            let (name, keys) = (login.name.clone(), self.keys.clone());
            let failure_key = self.rule.is_some().then_some(key);
            let read = move |connection: &mut AnyConnection| {
                AttemptData::read(connection, &name, &keys, failure_key)
            };
            let data = self.database.read(read).await?;
            let rejection = match judge(&data) {
                Ok(limit) if slot.apply_limit(limit) => None,
                Ok(_) => continue,
                Err(rejection) => Some(rejection),
            };
            return Ok(Attempt { slot, data, rejection });
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
