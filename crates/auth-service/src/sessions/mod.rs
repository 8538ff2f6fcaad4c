//! The rules of sessions: how they start, are refreshed, and end.
//!
//! A function that takes a [`Transaction`](crate::store::Transaction) works inside a transaction of its caller, so the
//! caller can add writes to it. A function that takes the database opens its own transactions, because it may need
//! several.

mod announce_rights;
mod cap;
mod client_info;
mod decide;
pub mod feed;
mod issued_token;
pub mod legacy;
pub mod locks;
mod log_refresh;
mod lookup;
mod purge;
mod refresh;
pub mod revoke;
mod start;
pub mod wrong_passwords;

use std::time::Duration;

pub use crate::lifetimes::CLOCK_SKEW;
pub(crate) use announce_rights::{announce_rights, announce_rights_of_users};
pub use client_info::ClientInfo;
pub use decide::{is_ended, is_usable};
pub use issued_token::is_in_cookie;
pub use lookup::{find_of_user, is_revoked, list, rights_version, started_at};
pub use purge::Purge;
pub use refresh::{RefreshAttempt, RefreshOutcome, refresh};
pub use start::NewSession;
pub(crate) use start::{insert_and_enforce_cap, replacement_for};

/// How much longer expired rows are kept. So a clock that was too fast for a while does not make this
/// service delete a revocation that is still needed.
pub const RETENTION: Duration = Duration::from_secs(600);
