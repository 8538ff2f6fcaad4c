//! What every request shares.

use aws_lc_rs::hmac;
use database::Database;
use service_kit::{clock::Clock, server::Drain};

use crate::{
    accounts::{PasswordService, hashing::PasswordHasher},
    http::cookie::RefreshCookie,
    jobs::JobStatuses,
    metrics::AuthMetrics,
    sessions::{feed::Feed, password_tries::Turns},
    settings::AuthSettings,
    throttle::{AccountKeys, Limits},
    tokens::{Keyring, TokenSigner},
};

/// The parts of the service, made once at start.
pub struct State {
    /// The settings.
    pub settings: AuthSettings,
    /// The one clock.
    pub clock: Clock,
    /// Users, sessions, keys' states and the feed.
    pub database: Database,
    /// The threads that hash passwords.
    pub hasher: PasswordHasher,
    /// Hashes and checks passwords, and counts it.
    pub passwords: PasswordService,
    /// The signing keys.
    pub keyring: Keyring,
    /// Signs tokens.
    pub token_signer: TokenSigner,
    /// The revocation feed.
    pub feed: Feed,
    /// Whether the service is stopping.
    pub drain: Drain,
    /// How the background jobs went.
    pub jobs: JobStatuses,
    /// Counters.
    pub metrics: AuthMetrics,
    /// Password checks inside sessions, one at a time in each.
    pub password_turns: Turns,
    /// Calls that are limited by who makes them.
    pub limits: Limits,
    /// Names accounts where tries are counted; shared by all processes on one database.
    pub account_keys: AccountKeys,
    /// Binds CSRF tokens to their sessions; shared by all processes on one database.
    pub csrf_key: hmac::Key,
    /// The refresh token's cookie.
    pub refresh_cookie: RefreshCookie,
}

impl State {
    /// Now, in whole seconds since the epoch.
    pub fn now(&self) -> i64 {
        self.clock.seconds()
    }
}
