//! Rate limiting: what the calls are counted by (addresses, sessions, accounts), and the limiters.
//!
//! - `source`: an address as limits count it; `limit`: how a limit is written
//! - `keyed_hash`, `bounded_map`, `rate_limiter`: token buckets in bounded memory
//! - `source_limits`: the limits of sources, by class; `user_limits`: the limits of users, by session and device;
//!   `too_soon`: the error of a limit
//! - `attempt_key`: the pseudonymous id under which attempts are counted, also for an account that does not exist
//! - `account_rule`: when the next attempt at an account is allowed, by its failures in a row
//! - `device_token`: the token of a trusted device

mod account_rule;
mod attempt_key;
mod bounded_map;
mod device_token;
mod keyed_hash;
mod limit;
mod rate_limiter;
mod source;
mod source_limits;
mod too_soon;
mod user_limits;

pub use account_rule::{
    AccountRule, Decision, FAILURE_RETENTION, Failures, MAX_DEVICE_FAILURES, MAX_FAILURES,
    decide_device,
};
pub use attempt_key::{AttemptKey, AttemptKeys};
pub use device_token::{DEVICE_TOKEN_TTL, DeviceToken, DeviceTokens};
pub use limit::Limit;
pub use rate_limiter::RateLimiter;
pub use source::Source;
pub use source_limits::{ClassLimits, LimitClass, PROFILE_CHANGES, SourceLimits};
pub use too_soon::TooSoon;
pub use user_limits::UserLimits;
