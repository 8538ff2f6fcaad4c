//! The log lines of refreshes.

use super::{RefreshAttempt, RefreshOutcome};

/// Logs each unusual outcome. If the session has ended, only the request's own log line tells it.
pub(super) fn log_refresh(outcome: &RefreshOutcome, attempt: &RefreshAttempt) {
    let (user, session) = (&attempt.user_id, &attempt.session_id);
    let client_address = attempt.context.client.ip.map(tracing::field::display);
    match outcome {
        RefreshOutcome::Replayed(refreshed) => {
            let replays = refreshed.session.replays;
            tracing::info!(%user, %session, client_address, replays, "refresh token replayed");
        }
        RefreshOutcome::SuccessorReplaced(_) => {
            tracing::info!(%user, %session, client_address, "unused refresh token replaced");
        }
        RefreshOutcome::ForeignReplay => {
            tracing::warn!(%user, %session, client_address, "refresh token replayed by another client: rejected");
        }
        RefreshOutcome::TooManyReplays { .. } => {
            tracing::warn!(%user, %session, client_address, "refresh token replayed too often: rejected");
        }
        RefreshOutcome::ReuseDetected => {
            tracing::warn!(%user, %session, client_address, "refresh token reused: session ended");
        }
        RefreshOutcome::Ended | RefreshOutcome::Rotated(_) => {}
    }
}
