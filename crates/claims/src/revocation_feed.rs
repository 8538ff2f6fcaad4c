//! The wire format of the revocation feed: what an issuer sends and its verifiers read.

use serde::{Deserialize, Serialize};

/// The header in which a verifier names itself when it polls the feed.
pub const VERIFIER_ID_HEADER: &str = "verifier-id";

/// The header in which it lists the ids of the keys that it holds, separated by spaces.
pub const VERIFIER_KIDS_HEADER: &str = "verifier-kids";

/// One answer of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationPage {
    /// The position to continue from.
    pub cursor: String,
    /// Whether this page begins the full list again.
    pub reset: bool,
    /// Whether another page can be read at once.
    pub more: bool,
    /// The revocations.
    pub revoked: Vec<Revocation>,
}

/// One revoked session or disabled service account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// The session's id, or the service account's.
    pub sid: String,
    /// When its last access token has expired, in Unix seconds.
    pub until: i64,
}
