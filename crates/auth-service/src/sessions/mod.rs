//! The rules of sessions: how they start, are refreshed, and end.

mod cap;
mod client_info;
mod decide;
pub mod end;
pub mod feed;
mod issuance;
pub mod password_tries;
mod purge;
mod refresh;
mod start;

pub use client_info::ClientInfo;
pub use decide::{is_over, is_usable};
pub use issuance::is_in_cookie;
pub use purge::Purge;
pub use refresh::{Issued, Presented, Refreshed, refresh};
pub use start::{NewSession, reauthenticated, start};

/// How long a revocation stays in the feed after the last access token concerned has expired, in seconds:
/// verifiers' clocks differ, and they allow a leeway.
pub const MARGIN: i64 = 60;

/// How long what is over is kept all the same, in seconds: a clock that stood wrong for a while and was set right
/// must not have forgotten a revocation.
pub const KEPT: i64 = 600;
