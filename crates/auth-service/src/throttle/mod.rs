//! Rate limiting: what is counted (addresses, sessions, accounts), and the limiters.
//!
//! - `source`: an address as limits count it
//! - `account_key`: a pseudonymous id of an account, also of one that does not exist
//! - `rate_limiter`: a token bucket for each key; `limits`: the limits of this process

mod account_key;
mod limits;
mod rate_limiter;
mod source;

pub use account_key::{AccountKey, AccountKeys};
pub use limits::{Limits, TooSoon};
pub use rate_limiter::{Rate, RateLimiter};
pub use source::Source;
