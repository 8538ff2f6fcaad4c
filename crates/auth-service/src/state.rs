//! What every request shares.

use aws_lc_rs::hmac;
use database::Database;
use service_kit::{clock::Clock, server::Drain};

use crate::{
    accounts::hashing::PasswordHasher,
    counts::Counts,
    endpoints::cookie::RefreshCookie,
    sessions::{feed::Feed, password_tries::Turns},
    settings::AuthSettings,
    throttle::{AccountKeys, Limits},
    tokens::{Issuer, Keyring},
};

/// The parts of the service, made once at start.
pub struct State {
    /// The settings.
    pub settings: AuthSettings,
    /// The one clock.
    pub clock: Clock,
    /// Users, sessions, keys' states and the feed.
    pub database: Database,
    /// Hashes and checks passwords.
    pub hasher: PasswordHasher,
    /// The signing keys.
    pub keyring: Keyring,
    /// Signs tokens.
    pub issuer: Issuer,
    /// What was revoked.
    pub feed: Feed,
    /// Whether the service is stopping.
    pub drain: Drain,
    /// What is counted.
    pub counts: Counts,
    /// Passwords that are being checked inside sessions.
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
