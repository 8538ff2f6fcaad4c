//! The parts of the service that all requests share.

use std::sync::Arc;

use aws_lc_rs::hmac;
use database::Database;
use service_kit::{clock::Clock, server::Drain, unix_time::UnixSeconds};

use crate::{
    accounts::PasswordService,
    audit::RefusedCallQueue,
    cursor_key::CursorKey,
    http::{cookie::RefreshCookie, device_cookie::DeviceCookie, unlisted_proxies::UnlistedProxies},
    jobs::JobStatuses,
    mail::Mailer,
    metrics::AuthMetrics,
    sessions::{feed::Feed, locks::SessionLocks},
    settings::AuthSettings,
    throttle::{AttemptKeys, DeviceTokens, SourceLimits, UserLimits},
    tokens::{Keyring, TokenSigner},
};

/// The parts of the service, made once at the start.
pub struct State {
    /// The settings, which do not change while the service runs.
    pub settings: AuthSettings,
    /// The clock. Tests replace it.
    pub clock: Clock,
    /// The database with users, sessions, the states of the keys and the feed.
    pub database: Database,
    /// Hashes and checks passwords, and counts the calls.
    pub passwords: PasswordService,
    /// The signing keys.
    pub keyring: Keyring,
    /// Signs tokens.
    pub(crate) token_signer: TokenSigner,
    /// The revocation feed.
    pub feed: Feed,
    /// Whether the service is stopping.
    pub(crate) drain: Drain,
    /// The results of the background jobs, for `/metrics`.
    pub(crate) jobs: JobStatuses,
    /// Refused calls that are to be audited.
    pub(crate) refused_calls: RefusedCallQueue,
    /// Signs the cursors of the audit log; shared by all processes on one database.
    pub(crate) audit_cursor_key: CursorKey,
    /// Signs the cursors of administrators' lists of users.
    pub(crate) user_cursor_key: CursorKey,
    /// Counters.
    pub(crate) metrics: AuthMetrics,
    /// The locks that allow one password check at a time in each session.
    pub(crate) password_locks: SessionLocks,
    /// The rate limits by session and user.
    pub(crate) user_limits: UserLimits,
    /// The rate limits by address.
    pub(crate) source_limits: SourceLimits,
    /// Counts calls that came through a proxy that the settings do not name.
    pub(crate) unlisted_proxies: UnlistedProxies,
    /// Makes the pseudonymous ids under which attempts are counted; all processes on one database share its secret.
    pub attempt_keys: AttemptKeys,
    /// The key that binds CSRF tokens to their sessions; all processes on one database share it.
    pub(crate) csrf_key: hmac::Key,
    /// The refresh token's cookie.
    pub(crate) refresh_cookie: RefreshCookie,
    /// Sends the mails of the outbox.
    pub mailer: Arc<Mailer>,
    /// Makes and reads the tokens of trusted devices.
    pub(crate) device_tokens: DeviceTokens,
    /// The cookie with such a token.
    pub(crate) device_cookie: DeviceCookie,
}

impl State {
    /// Now, in whole seconds.
    pub fn now(&self) -> UnixSeconds {
        self.clock.now()
    }
}
