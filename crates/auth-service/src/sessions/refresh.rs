//! Applies what [`super::decide`] says to the session's row.

use std::time::Instant;

use database::{AnyConnection, Database, DatabaseError, time_left};
use uuid::Uuid;

use super::{
    ClientInfo,
    decide::{Decision, MOST_REPEATS, decide},
    end,
    issuance::{ClientFingerprint, Issuance, is_in_cookie},
};
use crate::{
    settings::Lifetimes,
    store::{self, sessions::SessionRow, users::UserRow},
};

/// A refresh token whose signature and claims are good, with its bearer.
#[derive(Clone, Debug)]
pub struct Presented {
    /// Its session.
    pub session_id: String,
    /// Its user.
    pub user_id: String,
    /// Its own id.
    pub jti: String,
    /// Who presents it.
    pub client: ClientInfo,
    /// Whether it came in a cookie. The session remembers that.
    pub in_cookie: bool,
}

/// The outcome of a refresh.
#[derive(Clone, Debug)]
pub enum Refreshed {
    /// The token to answer with is in the row.
    Successor(Box<SessionRow>, Box<UserRow>, Issued),
    /// Refused: the session is over, or there is none.
    Over,
    /// Refused: a repeat from another client. The session lives.
    ForeignRepeat,
    /// Refused: too many repeats. The session lives.
    TooManyRepeats {
        /// Seconds.
        retry_after: u64,
    },
    /// A replaced token was used again: the session is over from now on.
    Reuse,
}

/// How a successor came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issued {
    /// Made now.
    Rotated,
    /// Made before: the same refresh token goes out again.
    Repeated,
    /// Made now in place of one that was never used.
    Replaced,
}

/// Each try loses against another process's change of the same row; that many in a row do not happen.
const TRIES: usize = 8;

/// Applies the rules at `now`. What it answers is kept durably.
///
/// # Errors
/// When the database is away.
pub async fn refresh(
    database: &Database,
    lifetimes: &Lifetimes,
    presented: Presented,
    now: i64,
) -> Result<Refreshed, DatabaseError> {
    let (lifetimes, token) = (*lifetimes, presented.clone());
    let until = Instant::now() + time_left();
    let step = move |connection: &mut AnyConnection| {
        for _ in 0..TRIES {
            if let Some(outcome) = attempt(connection, &lifetimes, &token, (now, until))? {
                return Ok(outcome);
            }
        }
        Err(DatabaseError::Unavailable("the session is being changed too often".to_owned()))
    };
    let outcome = database.write_idempotent(step).await?;
    if matches!(outcome, Refreshed::Reuse) {
        // In a transaction of its own, that ends well: an error would roll it back.
        end::one(database, presented.session_id.clone(), now).await?;
    }
    log(&outcome, &presented);
    Ok(outcome)
}

/// One look at the row and one conditional change; `None` when the row changed in between.
fn attempt(
    connection: &mut AnyConnection,
    lifetimes: &Lifetimes,
    token: &Presented,
    (now, until): (i64, Instant),
) -> Result<Option<Refreshed>, DatabaseError> {
    let found = store::sessions::with_user_and_time(connection, &token.session_id)?;
    let Some((session, user, time)) = found else { return Ok(Some(Refreshed::Over)) };
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(DatabaseError::Unavailable("the caller has left".to_owned()));
    }
    let before = time.map(|time| time + left.as_secs_f64());
    if session.user_id != token.user_id || user.disabled_at.is_some() {
        return Ok(Some(Refreshed::Over));
    }
    let client = ClientFingerprint::of(&token.client);
    let (next, issued) = match decide(&session, &token.jti, &client, lifetimes, now) {
        Decision::Rotate => (rotated(&session, token, lifetimes, now), Issued::Rotated),
        Decision::ReplaceSuccessor => (replaced(&session, token, lifetimes, now), Issued::Replaced),
        Decision::Repeat => (repeated(&session, lifetimes, now), Issued::Repeated),
        refused => return Ok(Some(refusal(refused))),
    };
    let done = match issued {
        Issued::Repeated => store::sessions::repeat(connection, &next, MOST_REPEATS)?,
        Issued::Rotated | Issued::Replaced => {
            store::sessions::rotate(connection, &session.current_jti, &next, before)?
        }
    };
    Ok(done.then(|| Refreshed::Successor(Box::new(next), Box::new(user), issued)))
}

fn refusal(decision: Decision) -> Refreshed {
    match decision {
        Decision::TooManyRepeats { retry_after } => {
            Refreshed::TooManyRepeats { retry_after: retry_after.unsigned_abs() }
        }
        Decision::ForeignRepeat => Refreshed::ForeignRepeat,
        Decision::Over => Refreshed::Over,
        _ => Refreshed::Reuse,
    }
}

/// The row after a rotation.
fn rotated(session: &SessionRow, token: &Presented, lifetimes: &Lifetimes, now: i64) -> SessionRow {
    SessionRow {
        previous_jti: Some(session.current_jti.clone()),
        repeats: 0,
        ..renewed(session, token, lifetimes, (now, false))
    }
}

/// The row after its unused successor was replaced. The presented token stays the previous one, with the repeats that
/// it had.
fn replaced(
    session: &SessionRow,
    token: &Presented,
    lifetimes: &Lifetimes,
    now: i64,
) -> SessionRow {
    renewed(session, token, lifetimes, (now, true))
}

/// The row with a new current token.
fn renewed(
    session: &SessionRow,
    token: &Presented,
    lifetimes: &Lifetimes,
    (now, replaced_unused): (i64, bool),
) -> SessionRow {
    let client = ClientFingerprint::of(&token.client);
    let in_cookie = token.in_cookie || is_in_cookie(session);
    let issuance = Issuance { client, in_cookie, replaced_unused };
    SessionRow {
        current_jti: Uuid::new_v4().to_string(),
        rotated_at: now,
        refresh_expires_at: session.expires_at.min(now + lifetimes.idle),
        last_used_at: now,
        issuance: Some(issuance.to_string()),
        ..with_access_token(session, lifetimes, now)
    }
}

/// The row after a repeat.
fn repeated(session: &SessionRow, lifetimes: &Lifetimes, now: i64) -> SessionRow {
    SessionRow { repeats: session.repeats + 1, ..with_access_token(session, lifetimes, now) }
}

/// The row with one more access token in it.
fn with_access_token(session: &SessionRow, lifetimes: &Lifetimes, now: i64) -> SessionRow {
    let access = session.expires_at.min(now + lifetimes.access);
    SessionRow { access_expires_at: session.access_expires_at.max(access), ..session.clone() }
}

/// One line for each outcome that is not the usual one. A refresh that is refused because its session is over is in
/// the log of the request.
fn log(outcome: &Refreshed, presented: &Presented) {
    let (user, session) = (&presented.user_id, &presented.session_id);
    let client_address = presented.client.ip.map(tracing::field::display);
    match outcome {
        Refreshed::Successor(row, _, Issued::Repeated) => {
            let repeats = row.repeats;
            tracing::info!(%user, %session, client_address, repeats, "refresh repeated");
        }
        Refreshed::Successor(_, _, Issued::Replaced) => {
            tracing::info!(%user, %session, client_address, "unused refresh token replaced");
        }
        Refreshed::ForeignRepeat => {
            tracing::warn!(%user, %session, client_address, "refresh repeated by another client: refused");
        }
        Refreshed::TooManyRepeats { .. } => {
            tracing::warn!(%user, %session, client_address, "refresh repeated too often: refused");
        }
        Refreshed::Reuse => {
            tracing::warn!(%user, %session, client_address, "refresh token reused: session ended");
        }
        Refreshed::Over | Refreshed::Successor(_, _, Issued::Rotated) => {}
    }
}
