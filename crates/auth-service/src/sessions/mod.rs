//! The rules of sessions: how they start, are refreshed, and end.
//!
//! A function that takes a [`Transaction`](crate::store::Transaction) works inside a transaction that its caller
//! opened, so the caller can add writes to it. Functions that take the database open their own transactions, because
//! they may need several.

mod cap;
mod client_info;
mod decide;
pub mod feed;
mod issuance;
pub mod password_tries;
mod purge;
mod refresh;
pub mod revoke;
mod start;

pub use client_info::ClientInfo;
pub use decide::{is_ended, is_usable};
pub use issuance::is_in_cookie;
pub use purge::Purge;
pub use refresh::{RefreshAttempt, RefreshOutcome, RefreshedSession, refresh};
pub use start::NewSession;
pub(crate) use start::{in_place_of, start};

/// How long a revocation stays in the feed after the last access token concerned has expired, in seconds. Verifiers'
/// clocks differ, and they allow a leeway.
pub const CLOCK_SKEW: i64 = 60;

/// How much longer expired rows are kept, in seconds. A clock that was wrong for a while and was set back must not
/// have deleted a revocation that still matters.
pub const RETENTION: i64 = 600;
