//! The rules of sessions: how they start, are refreshed, and end.

pub mod end;
pub mod feed;
mod purge;
mod refresh;
mod start;

pub use purge::Purge;
pub use refresh::{Presented, Refreshed, Repeat, is_usable, refresh};
pub use start::{Device, reauthenticated, start};

/// How long a revocation stays in the feed after the last access token concerned has expired, in seconds:
/// verifiers' clocks differ, and they allow a leeway.
pub const MARGIN: i64 = 60;

/// How long what is over is kept all the same, in seconds: a clock that stood wrong for a while and was set right
/// must not have forgotten a revocation.
pub const KEPT: i64 = 600;
