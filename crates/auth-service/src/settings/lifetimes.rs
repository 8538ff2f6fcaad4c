//! How long things live.

use std::time::Duration;

use service_kit::settings::{Settings, SettingsError};

/// An access token is no session: verifiers that do not follow the feed accept it until it expires.
const LONGEST_TOKEN: u64 = 24 * 3_600;

/// Browsers keep a cookie for 400 days at most.
const LONGEST_SESSION: u64 = 400 * 24 * 3_600;

/// Within the grace a stolen refresh token that was replaced still gets its successor: an hour, and not for good.
const LONGEST_GRACE: u64 = 3_600;

/// How long tokens and sessions live, in whole seconds as tokens count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// `AUTH_ACCESS_TTL`.
    pub access: i64,
    /// `AUTH_SESSION_TTL`: from the login, whatever happens.
    pub session: i64,
    /// `AUTH_SESSION_IDLE_TTL`: from the last refresh.
    pub idle: i64,
    /// `AUTH_FRESH_TTL`: how long after its password a fresh token counts as fresh.
    pub fresh: i64,
    /// `AUTH_REFRESH_GRACE`: how long a replaced refresh token still gets its successor.
    pub grace: i64,
    /// `AUTH_JWKS_MAX_AGE`: how long others may keep the key set.
    pub jwks_max_age: i64,
}

impl Lifetimes {
    /// Takes all of them.
    pub(super) fn take(given: &mut Settings) -> Result<Self, SettingsError> {
        let mut seconds = |name: &str, default: &str, least: u64, most: u64| {
            let time: Duration = given.take(name, default)?;
            if !(least..=most).contains(&time.as_secs()) || time.subsec_nanos() > 0 {
                return Err(given.bad(
                    name,
                    format!("is not a number of whole seconds from {least}s to {most}s"),
                ));
            }
            i64::try_from(time.as_secs()).map_err(|_| given.bad(name, "is too long"))
        };
        let lifetimes = Self {
            access: seconds("ACCESS_TTL", "15m", 1, LONGEST_TOKEN)?,
            session: seconds("SESSION_TTL", "30d", 1, LONGEST_SESSION)?,
            idle: seconds("SESSION_IDLE_TTL", "7d", 1, LONGEST_SESSION)?,
            fresh: seconds("FRESH_TTL", "5m", 1, LONGEST_TOKEN)?,
            grace: seconds("REFRESH_GRACE", "10s", 0, LONGEST_GRACE)?,
            jwks_max_age: seconds("JWKS_MAX_AGE", "10m", 1, LONGEST_TOKEN)?,
        };
        Ok(lifetimes)
    }
}

/// The settings that apply to a new session.
#[derive(Clone, Copy, Debug)]
pub struct SessionRules {
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// `AUTH_SESSIONS_PER_USER`: how many sessions a user may have.
    pub max_sessions: i64,
}
