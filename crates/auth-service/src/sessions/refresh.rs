//! Refreshes: applies the decision of `decide` to the session's row.

use std::time::Instant;

use database::{AnyConnection, Database, DatabaseError, time_left};
use uuid::Uuid;

use super::{
    ClientInfo,
    decide::{Decision, MAX_REPLAYS, decide},
    issuance::{ClientFingerprint, Issuance, is_in_cookie},
    revoke::revoke,
};
use crate::{
    settings::Lifetimes,
    store::{self, DbResult, sessions::SessionRow, users::UserRow},
};

/// A refresh token whose signature and claims are good, with the client that sent it.
#[derive(Clone, Debug)]
pub struct RefreshAttempt {
    /// The session.
    pub session_id: String,
    /// The user.
    pub user_id: String,
    /// The token's own id.
    pub jti: String,
    /// The client.
    pub client: ClientInfo,
    /// Whether the token came in a cookie. The session remembers that.
    pub in_cookie: bool,
}

/// The outcome of a refresh.
#[derive(Clone, Debug)]
pub enum RefreshOutcome {
    /// The token was replaced by a new one, whose claims are in the session's row.
    Rotated(Box<RefreshedSession>),
    /// The token had been replaced within the grace period: its successor is sent again.
    Replayed(Box<RefreshedSession>),
    /// The token had been replaced, but its successor was never used: a new successor takes that one's place.
    SuccessorReplaced(Box<RefreshedSession>),
    /// Refused: the session has ended, or there is none.
    Ended,
    /// Refused: a replaced token from another client within the grace period. The session stays.
    ForeignReplay,
    /// Refused: too many replays of one token. The session stays.
    TooManyReplays {
        /// Seconds.
        retry_after: u64,
    },
    /// Refused: a replaced token was used again. The session ends.
    ReuseDetected,
}

/// The session whose tokens are sent, and its user.
#[derive(Clone, Debug)]
pub struct RefreshedSession {
    /// The session.
    pub session: SessionRow,
    /// The user.
    pub user: UserRow,
}

/// Each attempt fails only when another process changes the same row at the same moment. So many in a row do not
/// happen.
const MAX_ATTEMPTS: usize = 8;

/// Applies the decision at `now`. When this returns a session, its row is durable.
///
/// # Errors
/// When the database is unavailable.
pub async fn refresh(
    database: &Database,
    lifetimes: &Lifetimes,
    attempt: RefreshAttempt,
    now: i64,
) -> DbResult<RefreshOutcome> {
    let rotation = Rotation {
        lifetimes: *lifetimes,
        token: attempt.clone(),
        now,
        deadline: Instant::now() + time_left(),
    };
    let step = move |connection: &mut AnyConnection| {
        for _ in 0..MAX_ATTEMPTS {
            if let Some(outcome) = rotation.attempt(connection)? {
                return Ok(outcome);
            }
        }
        Err(DatabaseError::Unavailable("too many concurrent changes of the session".to_owned()))
    };
    let outcome = database.write_idempotent(step).await?;
    if matches!(outcome, RefreshOutcome::ReuseDetected) {
        // In a transaction of its own that succeeds: an error in the same one would undo the revocation.
        let id = attempt.session_id.clone();
        database.write(move |transaction| revoke(transaction, &id, now)).await?;
    }
    log(&outcome, &attempt);
    Ok(outcome)
}

/// One refresh: what it needs beside the session's row.
struct Rotation {
    lifetimes: Lifetimes,
    token: RefreshAttempt,
    now: i64,
    /// Later the caller has left.
    deadline: Instant,
}

impl Rotation {
    /// Reads the row once and changes it once, on condition. `None` when the row changed in between.
    fn attempt(&self, connection: &mut AnyConnection) -> DbResult<Option<RefreshOutcome>> {
        let Self { lifetimes, token, now, .. } = self;
        let found = store::sessions::with_user_and_time(connection, &token.session_id)?;
        let Some((session, user, time)) = found else { return Ok(Some(RefreshOutcome::Ended)) };
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(DatabaseError::Unavailable("the request's time is used up".to_owned()));
        }
        let before = time.map(|time| time + left.as_secs_f64());
        if session.user_id != token.user_id || user.disabled_at.is_some() {
            return Ok(Some(RefreshOutcome::Ended));
        }
        let client = ClientFingerprint::of(&token.client);
        let decision = decide(&session, &token.jti, &client, lifetimes, *now);
        let (next, outcome): (_, fn(_) -> _) = match decision {
            Decision::Rotate => (self.rotated(&session), RefreshOutcome::Rotated),
            Decision::ReplaceSuccessor => {
                (self.renewed(&session, true), RefreshOutcome::SuccessorReplaced)
            }
            Decision::Replay => (self.replayed(&session), RefreshOutcome::Replayed),
            refused => return Ok(Some(refusal(refused))),
        };
        let changed = match decision {
            Decision::Replay => store::sessions::repeat(connection, &next, MAX_REPLAYS)?,
            _ => store::sessions::rotate(connection, &session.current_jti, &next, before)?,
        };
        Ok(changed.then(|| outcome(Box::new(RefreshedSession { session: next, user }))))
    }

    /// The row after a rotation.
    fn rotated(&self, session: &SessionRow) -> SessionRow {
        SessionRow {
            previous_jti: Some(session.current_jti.clone()),
            repeats: 0,
            ..self.renewed(session, false)
        }
    }

    /// The row with a new current token. With `replaced_unused` the presented token stays the previous one, with the
    /// replays that it had.
    fn renewed(&self, session: &SessionRow, replaced_unused: bool) -> SessionRow {
        let client = ClientFingerprint::of(&self.token.client);
        let in_cookie = self.token.in_cookie || is_in_cookie(session);
        let issuance = Issuance { client, in_cookie, replaced_unused };
        SessionRow {
            current_jti: Uuid::new_v4().to_string(),
            rotated_at: self.now,
            refresh_expires_at: session.expires_at.min(self.now + self.lifetimes.idle),
            last_used_at: self.now,
            issuance: Some(issuance.to_string()),
            ..self.with_access_token(session)
        }
    }

    /// The row after a replay.
    fn replayed(&self, session: &SessionRow) -> SessionRow {
        SessionRow { repeats: session.repeats + 1, ..self.with_access_token(session) }
    }

    /// The row with one more access token.
    fn with_access_token(&self, session: &SessionRow) -> SessionRow {
        let access = session.expires_at.min(self.now + self.lifetimes.access);
        SessionRow { access_expires_at: session.access_expires_at.max(access), ..session.clone() }
    }
}

fn refusal(decision: Decision) -> RefreshOutcome {
    match decision {
        Decision::TooManyReplays { retry_after } => {
            RefreshOutcome::TooManyReplays { retry_after: retry_after.unsigned_abs() }
        }
        Decision::ForeignReplay => RefreshOutcome::ForeignReplay,
        Decision::Ended => RefreshOutcome::Ended,
        _ => RefreshOutcome::ReuseDetected,
    }
}

/// One line for each unusual outcome. The line of the request itself tells of a refresh that was refused because its
/// session has ended.
fn log(outcome: &RefreshOutcome, attempt: &RefreshAttempt) {
    let (user, session) = (&attempt.user_id, &attempt.session_id);
    let client_address = attempt.client.ip.map(tracing::field::display);
    match outcome {
        RefreshOutcome::Replayed(refreshed) => {
            let repeats = refreshed.session.repeats;
            tracing::info!(%user, %session, client_address, repeats, "refresh repeated");
        }
        RefreshOutcome::SuccessorReplaced(_) => {
            tracing::info!(%user, %session, client_address, "unused refresh token replaced");
        }
        RefreshOutcome::ForeignReplay => {
            tracing::warn!(%user, %session, client_address, "refresh repeated by another client: refused");
        }
        RefreshOutcome::TooManyReplays { .. } => {
            tracing::warn!(%user, %session, client_address, "refresh repeated too often: refused");
        }
        RefreshOutcome::ReuseDetected => {
            tracing::warn!(%user, %session, client_address, "refresh token reused: session ended");
        }
        RefreshOutcome::Ended | RefreshOutcome::Rotated(_) => {}
    }
}
