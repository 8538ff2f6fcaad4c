//! Lifetimes of tokens, sessions and the key set.

use std::time::Duration;

use service_kit::settings::{Settings, SettingsError};

use crate::lifetimes::Lifetimes;

/// Maximum lifetime of an access token: verifiers that do not read the feed accept it until it expires, also after its
/// session was revoked.
const MAX_TOKEN_LIFETIME: u64 = 24 * 3_600;

/// Maximum lifetime of a session: browsers keep a cookie for at most 400 days.
const MAX_SESSION_LIFETIME: u64 = 400 * 24 * 3_600;

/// Maximum of the grace period: during it a stolen previous token still works.
const MAX_GRACE: u64 = 3_600;

impl Lifetimes {
    /// Reads all of them.
    pub(super) fn take(given: &mut Settings) -> Result<Self, SettingsError> {
        let mut seconds = |name: &str, default: &str, min: u64, max: u64, meaning: &str| {
            let range = Duration::from_secs(min)..=Duration::from_secs(max);
            let time = given.take_within(name, default, range, meaning)?;
            if time.subsec_nanos() > 0 {
                return Err(given.invalid(name, "is not a number of whole seconds"));
            }
            Ok(time)
        };
        let lifetimes = Self {
            access: seconds(
                "ACCESS_TTL",
                "15m",
                1,
                MAX_TOKEN_LIFETIME,
                "lifetime of an access token",
            )?,
            session: seconds(
                "SESSION_TTL",
                "30d",
                1,
                MAX_SESSION_LIFETIME,
                "lifetime of a session, from its log-in",
            )?,
            idle: seconds(
                "SESSION_IDLE_TTL",
                "7d",
                1,
                MAX_SESSION_LIFETIME,
                "a session ends after this time without a refresh",
            )?,
            fresh: seconds(
                "FRESH_TTL",
                "5m",
                1,
                MAX_TOKEN_LIFETIME,
                "how long after the password a fresh token counts as fresh",
            )?,
            grace: seconds(
                "REFRESH_GRACE",
                "10s",
                0,
                MAX_GRACE,
                "how long a replaced refresh token still gets its successor",
            )?,
            jwks_max_age: seconds(
                "JWKS_MAX_AGE",
                "10m",
                1,
                MAX_TOKEN_LIFETIME,
                "how long verifiers may keep the key set",
            )?,
        };
        Ok(lifetimes)
    }
}
