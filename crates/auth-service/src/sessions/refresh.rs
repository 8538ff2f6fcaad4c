//! Refreshes: applies the decision of `decide` to the session's row.

use std::time::Instant;

use database::{AnyConnection, Database, DatabaseError};
use service_kit::{
    call_budget::time_left,
    ids::{SessionId, TokenId, UserId},
    unix_time::UnixSeconds,
};

use super::{
    decide::{Decision, MAX_REPLAYS, decide},
    issued_token::{ClientFingerprint, IssuedToken, is_in_cookie},
    log_refresh::log_refresh,
    revoke::revoke,
};
use crate::{
    audit::{self, Event, RequestContext},
    lifetimes::Lifetimes,
    store::{
        self, DbResult,
        sessions::{SessionRow, SessionWithUser, TimedSession},
    },
};

/// A refresh token with a valid signature and valid claims, and the client that sent it.
#[derive(Clone, Debug)]
pub struct RefreshAttempt {
    /// The `sid` claim.
    pub session_id: SessionId,
    /// The `sub` claim.
    pub user_id: UserId,
    /// The `jti` claim.
    pub jti: TokenId,
    /// Who sent the token, when, and in which request.
    pub context: RequestContext,
    /// Whether the token came in a cookie. It is stored with the session.
    pub in_cookie: bool,
}

/// The outcome of a refresh.
#[derive(Clone, Debug)]
pub enum RefreshOutcome {
    /// The current token was replaced by a new one, whose claims are in the session's row.
    Rotated(Box<SessionWithUser>),
    /// The previous token within the grace period: its successor is sent again.
    Replayed(Box<SessionWithUser>),
    /// The previous token was sent after the grace period, but its successor was never used: a new token replaces that
    /// successor.
    SuccessorReplaced(Box<SessionWithUser>),
    /// Rejected: the session has ended, there is no such session, it is another user's, or the user is disabled.
    Ended,
    /// Rejected: the previous token within the grace period, sent by another client. The session stays.
    ForeignReplay,
    /// Rejected: too many replays of the previous token. The session stays.
    TooManyReplays {
        /// Seconds until the grace period is over.
        retry_after: u64,
    },
    /// Rejected: reuse of an older token, or of the previous one outside the cases above. The session ends.
    ReuseDetected,
}

/// How often reading and changing the row is tried. A try fails if another call changes the row between the two.
const MAX_ATTEMPTS: usize = 8;

/// Applies the decision at `now`. When this returns a session, its row is committed.
///
/// # Errors
/// When the database is unavailable.
pub async fn refresh(
    database: &Database,
    lifetimes: &Lifetimes,
    attempt: RefreshAttempt,
    now: UnixSeconds,
) -> DbResult<RefreshOutcome> {
    let inputs = RefreshInputs {
        lifetimes: *lifetimes,
        attempt: attempt.clone(),
        now,
        deadline: Instant::now() + time_left(),
    };
    let compare_and_swap = move |connection: &mut AnyConnection| {
        for _ in 0..MAX_ATTEMPTS {
            if let Some(outcome) = inputs.try_once(connection)? {
                return Ok(outcome);
            }
        }
        Err(DatabaseError::Unavailable("too many concurrent changes of the session".to_owned()))
    };
    // One read and one compare-and-swap need no transaction.
    let outcome = database.write_without_transaction(compare_and_swap).await?;
    if matches!(outcome, RefreshOutcome::ReuseDetected) {
        // Two audit entries, the session's row and its entry in the feed are written together, so this is a
        // transaction.
        record_reuse(database, attempt.clone(), now).await?;
    }
    log_refresh(&outcome, &attempt);
    Ok(outcome)
}

/// Revokes the session whose token was reused, and records the reuse.
async fn record_reuse(
    database: &Database,
    attempt: RefreshAttempt,
    now: UnixSeconds,
) -> DbResult<()> {
    let RefreshAttempt { session_id, user_id, context, .. } = attempt;
    let reuse = context.refused(Event::TokenReuseDetected, "reuse").about_user(&user_id);
    let reuse = reuse.in_session(&session_id);
    let ended = context.done(Event::SessionEnded).because("reuse").about_user(&user_id);
    audit::transaction(database, move |transaction| {
        transaction.audit(reuse.clone())?;
        revoke(transaction, &session_id, now, &ended).map(drop)
    })
    .await
}

/// The values that a refresh needs in addition to the session's row.
struct RefreshInputs {
    lifetimes: Lifetimes,
    attempt: RefreshAttempt,
    now: UnixSeconds,
    /// When the caller stops waiting.
    deadline: Instant,
}

impl RefreshInputs {
    /// Reads the row and changes it if it is still the same. `None` if it changed in between.
    fn try_once(&self, connection: &mut AnyConnection) -> DbResult<Option<RefreshOutcome>> {
        let Self { lifetimes, attempt, now, .. } = self;
        let found = store::sessions::with_user_and_time(connection, &attempt.session_id)?;
        let Some(TimedSession { found, server_time }) = found else {
            return Ok(Some(RefreshOutcome::Ended));
        };
        let SessionWithUser { session, user } = found;
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(DatabaseError::Unavailable("the request's time is used up".to_owned()));
        }
        // PostgreSQL only: a server that was suspended may execute the update after the caller has timed out. Then it
        // must change nothing.
        let execute_before = server_time.map(|time| time + left.as_secs_f64());
        if session.user_id != attempt.user_id || user.disabled_at.is_some() {
            return Ok(Some(RefreshOutcome::Ended));
        }
        let client = ClientFingerprint::of(&attempt.context.client);
        let decision = decide(&session, &attempt.jti, &client, lifetimes, *now);
        let next = match decision {
            Decision::Rotate => self.row_after_rotation(&session),
            Decision::ReplaceSuccessor => self.row_after_successor_replaced(&session),
            Decision::Replay => self.row_after_replay(&session),
            rejected => return Ok(Some(rejected_outcome(rejected))),
        };
        // Both statements change the row only if the session is not revoked and its `current_jti` is the one that was
        // read; a replay also only below the maximum, a rotation only before the caller's time is over (then the next
        // try ends with an error).
        let changed = match decision {
            Decision::Replay => store::sessions::record_replay(connection, &next, MAX_REPLAYS)?,
            _ => store::sessions::rotate(connection, &session.current_jti, &next, execute_before)?,
        };
        if !changed {
            return Ok(None);
        }
        let refreshed = Box::new(SessionWithUser { session: next, user });
        Ok(Some(match decision {
            Decision::Replay => RefreshOutcome::Replayed(refreshed),
            Decision::ReplaceSuccessor => RefreshOutcome::SuccessorReplaced(refreshed),
            _ => RefreshOutcome::Rotated(refreshed),
        }))
    }

    /// The row after a rotation.
    fn row_after_rotation(&self, session: &SessionRow) -> SessionRow {
        SessionRow {
            previous_jti: Some(session.current_jti.clone()),
            replays: 0,
            ..self.row_with_new_token(session, false)
        }
    }

    /// The row after a new token replaced the unused successor.
    fn row_after_successor_replaced(&self, session: &SessionRow) -> SessionRow {
        self.row_with_new_token(session, true)
    }

    /// The row with a new current token. With `replaced_an_unused_token`, the token that was sent stays the previous one
    /// and keeps its count of replays.
    fn row_with_new_token(
        &self,
        session: &SessionRow,
        replaced_an_unused_token: bool,
    ) -> SessionRow {
        let client = ClientFingerprint::of(&self.attempt.context.client);
        let in_cookie = self.attempt.in_cookie || is_in_cookie(session);
        // Stored as a text: short hashes of the client's address (IPv6: /64) and user agent, and two flags.
        let issuance = IssuedToken { client, in_cookie, replaced_an_unused_token };
        SessionRow {
            current_jti: TokenId::random(),
            rotated_at: self.now,
            refresh_expires_at: session.expires_at.min(self.now + self.lifetimes.idle),
            last_used_at: self.now,
            issuance: Some(issuance.to_string()),
            ..self.with_access_token(session)
        }
    }

    /// The row after a replay.
    fn row_after_replay(&self, session: &SessionRow) -> SessionRow {
        SessionRow { replays: session.replays + 1, ..self.with_access_token(session) }
    }

    /// The row after one more access token was issued.
    fn with_access_token(&self, session: &SessionRow) -> SessionRow {
        let access = session.expires_at.min(self.now + self.lifetimes.access);
        SessionRow { access_expires_at: session.access_expires_at.max(access), ..session.clone() }
    }
}

fn rejected_outcome(decision: Decision) -> RefreshOutcome {
    match decision {
        Decision::TooManyReplays { retry_after } => RefreshOutcome::TooManyReplays { retry_after },
        Decision::ForeignReplay => RefreshOutcome::ForeignReplay,
        Decision::Ended => RefreshOutcome::Ended,
        // `try_once` has applied Rotate, Replay and ReplaceSuccessor. If one comes here anyway, rejecting is safe.
        Decision::Rotate
        | Decision::Replay
        | Decision::ReplaceSuccessor
        | Decision::ReuseDetected => RefreshOutcome::ReuseDetected,
    }
}
