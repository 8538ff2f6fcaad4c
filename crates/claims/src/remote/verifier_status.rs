//! The state of a remote verifier, for readiness checks and metrics.

use serde::Serialize;

/// Why a verifier is not ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct NotReady {
    /// The reason, for people.
    pub reason: &'static str,
}

/// The state of a verifier's background work.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RemoteStatus {
    /// The key set.
    pub keys: KeysStatus,
    /// The revocation feed; `None` when it is off.
    pub feed: Option<FeedStatus>,
}

/// The state of the key set.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct KeysStatus {
    /// How many keys are held.
    pub count: usize,
    /// Their ids, sorted.
    pub kids: Vec<String>,
    /// Seconds since the issuer last confirmed the set; `None` before the first.
    pub age: Option<f64>,
    /// How many requests for the set succeeded.
    pub refreshes_ok: u64,
    /// How many requests for the set failed.
    pub refreshes_failed: u64,
}

/// The state of the revocation feed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FeedStatus {
    /// How many entries are held: revoked sessions and users whose rights changed.
    pub entries: usize,
    /// Seconds since the last good answer, or since the start if there was none. A poll that the issuer
    /// holds counts when it is answered.
    pub lag: f64,
    /// Whether the first full list has arrived.
    pub ready: bool,
    /// Whether the last poll succeeded.
    pub connected: bool,
    /// How many polls succeeded.
    pub polls_ok: u64,
    /// How many polls failed.
    pub polls_failed: u64,
    /// How many of the failed polls got a 401: the verifier's secret is missing or wrong.
    pub polls_unauthorized: u64,
    /// How often the issuer did not know the cursor of this verifier and sent its full list again: its database was
    /// restored to an earlier state, or replaced. The revocations that this verifier knew stay in force.
    pub resets: u64,
}
