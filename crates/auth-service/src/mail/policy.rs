//! The rules about mail that account functions need.

use std::time::Duration;

use service_kit::unix_time::UnixSeconds;

use crate::store::users::UserRow;

/// `AUTH_EMAIL_VERIFICATION`: whether users prove their addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// A new user gets no mail to prove the address.
    Off,
    /// A new user gets such a mail, but nothing depends on the proof.
    Optional,
    /// Log-ins need a proven address.
    Required,
}

/// The rules. Each function that adds mails gets a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailPolicy {
    /// Whether mails are sent. If not, no mail is added to the outbox.
    pub is_on: bool,
    /// Whether users prove their addresses.
    pub verification: Verification,
    /// `AUTH_UNVERIFIED_TTL`: how long an account may exist without proof, if proof is required.
    pub unverified_ttl: Duration,
    /// `AUTH_MAIL_REVERT_TTL`: how long a previous address is reserved and can be taken back.
    pub revert_ttl: Duration,
}

impl MailPolicy {
    /// No mails: for commands.
    pub const OFF: Self = Self {
        is_on: false,
        verification: Verification::Off,
        unverified_ttl: Duration::ZERO,
        revert_ttl: Duration::ZERO,
    };

    /// Whether log-ins need a proven address.
    pub fn requires_proof(&self) -> bool {
        self.is_on && self.verification == Verification::Required
    }

    /// Whether this user may not log in, because the address is not proven.
    pub fn refuses_login_of(&self, user: &UserRow) -> bool {
        self.requires_proof() && user.address.email_verified_at.is_none()
    }

    /// Whether a new user gets a mail to prove the address.
    pub fn verifies_new_users(&self) -> bool {
        self.is_on && self.verification != Verification::Off
    }

    /// When an account that is registered at `now` is removed if its address is not proven.
    pub fn proof_due_at(&self, now: UnixSeconds) -> Option<UnixSeconds> {
        self.requires_proof().then(|| now + self.unverified_ttl)
    }

    /// Whether a log-in of this user from a device without a token may need a notice: only if it is not the first
    /// log-in, and only if the address is proven. Whether the user agent and the address of the device are new is
    /// looked up when the notice is sent.
    pub fn may_notify_of_sign_in(&self, user: &UserRow) -> bool {
        let is_proven = user.address.email_verified_at.is_some();
        self.is_on && is_proven && user.last_login_at.is_some()
    }
}
