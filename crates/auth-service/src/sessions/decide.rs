//! What a refresh token is worth: one pure decision over the session's row, the client and the time.
//!
//! The row knows the current refresh token, the one before it, and who caused the rotation. So every replica decides
//! alike, also after a restart. The rules, in this order:
//! 1. the current token is rotated;
//! 2. the one before it, within the grace period, is a repeat: the answer was lost, or two tabs raced. It gets the
//!    same successor. A client that differs in address and user agent does not, and a token has
//!    [`MAX_REPLAYS`] repeats;
//! 3. the one before it, after the grace period, from the client of the rotation: the rotation was kept and its
//!    answer was lost for longer (a stalled database, a killed process). The successor was never used, or this
//!    token would not be the one before any more. So it is replaced by a new one, once, and is dead;
//! 4. anything else is reuse.
//!
//! A successor counts as used when it was itself rotated. The use of an access token that was issued beside it proves
//! nothing: the owner's older access tokens are good for minutes as well, and no request writes down which one it had.

use super::issuance::{ClientFingerprint, Issuance};
use crate::{settings::Lifetimes, store::sessions::SessionRow};

/// How often one replaced token is answered with its successor again.
pub(super) const MAX_REPLAYS: i64 = 32;

/// What is to be done with a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Replace it by a successor.
    Rotate,
    /// Answer with the same successor again.
    Replay,
    /// Replace its unused successor by a new one.
    ReplaceSuccessor,
    /// Refuse; the session lives. It was repeated too often; after so many seconds rule 3 applies.
    TooManyReplays {
        /// Seconds, at least 1.
        retry_after: i64,
    },
    /// Refuse; the session lives. A repeat from a client that is not the one of the rotation.
    ForeignReplay,
    /// Refuse, and end the session: two parties hold tokens of it.
    ReuseDetected,
    /// Refuse: the session is over.
    Ended,
}

/// Decides about the token of this `jti`, whose signature, claims and expiry are good.
pub(super) fn decide(
    session: &SessionRow,
    jti: &str,
    client: &ClientFingerprint,
    lifetimes: &Lifetimes,
    now: i64,
) -> Decision {
    if is_ended(session, now) {
        return Decision::Ended;
    }
    if session.current_jti == jti {
        return Decision::Rotate;
    }
    if session.previous_jti.as_deref() != Some(jti) {
        return Decision::ReuseDetected;
    }
    let issued = session.issuance.as_deref().and_then(Issuance::parse);
    if !is_in_grace(session, lifetimes, now) {
        // A row of an older version does not know the client: in doubt it is reuse.
        return if issued.is_some_and(|it| it.client == *client && !it.replaced_unused) {
            Decision::ReplaceSuccessor
        } else {
            Decision::ReuseDetected
        };
    }
    if issued.is_some_and(|it| it.client.differs_in_both(client)) {
        return Decision::ForeignReplay;
    }
    if session.repeats >= MAX_REPLAYS {
        let left = session.rotated_at + lifetimes.grace - now;
        return Decision::TooManyReplays { retry_after: left.max(0) + 1 };
    }
    Decision::Replay
}

/// Whether a refresh with the token of this `jti` may give a successor now. Changes nothing.
pub fn is_usable(session: &SessionRow, lifetimes: &Lifetimes, jti: &str, now: i64) -> bool {
    let repeatable =
        session.previous_jti.as_deref() == Some(jti) && is_in_grace(session, lifetimes, now);
    (session.current_jti == jti || repeatable) && !is_ended(session, now)
}

/// Whether the session was ended, or its time is over.
pub fn is_ended(session: &SessionRow, now: i64) -> bool {
    session.revoked_at.is_some() || session.expires_at <= now
}

/// Counted in both directions: replicas' clocks differ a little, and a clock that was set back by an hour must not
/// lengthen the grace period by that hour.
fn is_in_grace(session: &SessionRow, lifetimes: &Lifetimes, now: i64) -> bool {
    (now - session.rotated_at).abs() <= lifetimes.grace
}

#[cfg(test)]
mod tests;
