//! Lifetimes of tokens and sessions.

use std::time::Duration;

/// How much longer than a token its key stays published and its revocation stays in the feed: the clocks of verifiers
/// differ, and verifiers allow a leeway.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Lifetimes of tokens and sessions: whole seconds, because tokens contain whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// `AUTH_ACCESS_TTL`.
    pub access: Duration,
    /// `AUTH_SESSION_TTL`: from the log-in, even if the session is used.
    pub session: Duration,
    /// `AUTH_SESSION_IDLE_TTL`: from the last refresh.
    pub idle: Duration,
    /// `AUTH_FRESH_TTL`: how long after the password was entered a fresh token counts as fresh.
    pub fresh: Duration,
    /// `AUTH_REFRESH_GRACE`: how long the previous refresh token still gets its successor.
    pub grace: Duration,
    /// `AUTH_JWKS_MAX_AGE`: how long verifiers may keep the key set.
    pub jwks_max_age: Duration,
}

/// The settings that apply to a new session.
#[derive(Clone, Copy, Debug)]
pub struct SessionRules {
    /// Lifetimes of tokens and sessions.
    pub lifetimes: Lifetimes,
    /// `AUTH_SESSIONS_PER_USER`: the session cap.
    pub max_sessions: i64,
}
