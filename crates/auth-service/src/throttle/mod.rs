//! Who is counted when tries are bounded: the address that they come from, the account that they aim at.
//!
//! - `source`: an address as limits count it
//! - `account_key`: an account as its tries name it, whether it exists or not
//! - `rate_limiter`: a token bucket a key; `limits`: which there are

mod account_key;
mod limits;
mod rate_limiter;
mod source;

pub use account_key::{AccountKey, AccountKeys};
pub use limits::{Limits, TooSoon};
pub use rate_limiter::{Rate, RateLimiter};
pub use source::Source;
