//! Decides what happens to a refresh token: a pure function of the session's row, the client and the time.
//!
//! The row has the `jti` of the current refresh token, that of the previous one, and the client of the last rotation. So
//! all replicas take the same decision, also after a restart. If the session was revoked or is over, every token is
//! rejected. Otherwise the rules are, in this order:
//! 1. The current token is rotated.
//! 2. The previous token within the grace period is a replay: an answer was lost, or two tabs sent it at once. It gets
//!    the same successor again, at most [`MAX_REPLAYS`] times (then: 429), and not if the client differs in both address
//!    and user agent (401). The session stays.
//! 3. The previous token after the grace period, from the client of the rotation (same address and same user agent): the rotation was committed, but its
//!    answer was lost for longer (a stalled database, a killed process). The successor was never used (otherwise this
//!    token would no longer be the previous one), so it is replaced by a new token and becomes invalid. This happens
//!    once.
//! 4. Any other token is reuse.
//!
//! A successor counts as used once it was rotated itself. Whether the access token that was issued with it was used
//! does not help: the owner's older access tokens are valid for minutes too, and requests do not record which one they
//! had.

use service_kit::{ids::TokenId, unix_time::UnixSeconds};

use super::issued_token::{ClientFingerprint, IssuedToken};
use crate::{lifetimes::Lifetimes, store::sessions::SessionRow};

/// Most replays of one previous token: more than a client with retries and several tabs needs, and few enough that a
/// thief cannot get new access tokens without end.
pub(super) const MAX_REPLAYS: i64 = 32;

/// What happens to a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Replace it by a successor.
    Rotate,
    /// Answer with the same successor again.
    Replay,
    /// Replace its unused successor by a new one.
    ReplaceSuccessor,
    /// Reject: too many replays. The session stays.
    TooManyReplays {
        /// Seconds until the grace period is over and rule 3 applies; at least 1.
        retry_after: u64,
    },
    /// Reject: a replay from a client that is not the client of the rotation. The session stays.
    ForeignReplay,
    /// Reject and end the session: two clients have tokens of it, so one of them may be a thief.
    ReuseDetected,
    /// Reject: the session has ended.
    Ended,
}

/// Decides about the token with this `jti`. Its signature and claims are already checked, also its `exp`; so the row's
/// `refresh_expires_at` is not compared here.
pub(super) fn decide(
    session: &SessionRow,
    jti: &TokenId,
    client: &ClientFingerprint,
    lifetimes: &Lifetimes,
    now: UnixSeconds,
) -> Decision {
    if is_ended(session, now) {
        return Decision::Ended;
    }
    if session.current_jti == *jti {
        return Decision::Rotate;
    }
    if session.previous_jti.as_ref() != Some(jti) {
        return Decision::ReuseDetected;
    }
    let issued = session.issuance.as_deref().and_then(IssuedToken::parse);
    if !is_in_grace(session, lifetimes, now) {
        // A row of an older version does not have the client. Then the token counts as reused.
        return if issued.is_some_and(|it| it.client == *client && !it.replaced_an_unused_token) {
            Decision::ReplaceSuccessor
        } else {
            Decision::ReuseDetected
        };
    }
    if issued.is_some_and(|it| it.client.differs_in_both(client)) {
        return Decision::ForeignReplay;
    }
    if session.replays >= MAX_REPLAYS {
        let left = (session.rotated_at + lifetimes.grace).seconds_since(now);
        return Decision::TooManyReplays { retry_after: u64::try_from(left).unwrap_or(0) + 1 };
    }
    Decision::Replay
}

/// Whether the token of this `jti` is the current one, or the previous one within the grace period, and the session has
/// not ended.
pub fn is_usable(
    session: &SessionRow,
    lifetimes: &Lifetimes,
    jti: &TokenId,
    now: UnixSeconds,
) -> bool {
    let is_replay =
        session.previous_jti.as_ref() == Some(jti) && is_in_grace(session, lifetimes, now);
    (session.current_jti == *jti || is_replay) && !is_ended(session, now)
}

/// Whether the session was ended, or its time is over.
pub fn is_ended(session: &SessionRow, now: UnixSeconds) -> bool {
    session.revoked_at.is_some() || session.expires_at <= now
}

/// A rotation in the future counts like one in the past: replicas' clocks differ a little, and a clock that was set
/// back by an hour must not lengthen the grace period by that hour.
fn is_in_grace(session: &SessionRow, lifetimes: &Lifetimes, now: UnixSeconds) -> bool {
    now.abs_diff(session.rotated_at) <= lifetimes.grace
}

#[cfg(test)]
mod tests;
