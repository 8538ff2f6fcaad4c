//! The results of refreshes.

use super::Label;
use crate::sessions::RefreshOutcome;

/// The result of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefreshResult {
    /// The current token was rotated.
    Rotated,
    /// The previous token within the grace period got its successor again.
    Replayed,
    /// The previous token after the grace period got a new successor, because the old one was never used.
    Replaced,
    /// The previous token came from another client within the grace period, and was rejected.
    ForeignReplay,
    /// The previous token was sent too often within the grace period, and was rejected.
    TooManyReplays,
    /// An older token was used again: its session was ended.
    Reused,
    /// The database or the signing key was unavailable.
    Unavailable,
    /// There was no token, an invalid one, or one whose session has ended.
    Refused,
}

impl RefreshResult {
    pub(super) const LABELS: [&str; 8] = [
        "rotated",
        "replayed",
        "replaced",
        "foreign_replay",
        "too_many_replays",
        "reused",
        "unavailable",
        "refused",
    ];
}

impl From<&RefreshOutcome> for RefreshResult {
    fn from(outcome: &RefreshOutcome) -> Self {
        match outcome {
            RefreshOutcome::Rotated(_) => Self::Rotated,
            RefreshOutcome::Replayed(_) => Self::Replayed,
            RefreshOutcome::SuccessorReplaced(_) => Self::Replaced,
            RefreshOutcome::ForeignReplay => Self::ForeignReplay,
            RefreshOutcome::TooManyReplays { .. } => Self::TooManyReplays,
            RefreshOutcome::ReuseDetected => Self::Reused,
            RefreshOutcome::Ended => Self::Refused,
        }
    }
}

impl Label for RefreshResult {
    fn label(&self) -> &'static str {
        Self::LABELS[*self as usize]
    }
}
