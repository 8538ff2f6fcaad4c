//! Rotation: the four rules that let neither a lost response nor two tabs lose a login, and a thief not
//! keep one.
//!
//! The row knows the current refresh token and the one before. Presented is
//! 1. the current one: it is replaced, by compare and swap, so that of many callers one replaces it;
//! 2. the one before, within the grace: the caller lost the answer or the race, and gets the same successor;
//! 3. the one before after the grace, or an older one: reuse, and the session is over;
//! 4. any, of a session that is over: refused.

use std::time::Instant;

use service_kit::database::{AnyConnection, Database, DatabaseError, time_left};
use uuid::Uuid;

use super::end;
use crate::{
    settings::Lifetimes,
    store::{
        self,
        sessions::{Rotation, SessionRow},
        users::UserRow,
    },
};

/// A refresh token whose signature and claims are good.
#[derive(Clone, Debug)]
pub struct Presented {
    /// Its session.
    pub session_id: String,
    /// Its user.
    pub user_id: String,
    /// Its own id.
    pub jti: String,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum Refreshed {
    /// Its successor is in the row; the flag says that it had been issued before.
    Successor(Box<SessionRow>, Box<UserRow>, Repeat),
    /// The session is over, or there is none.
    Over,
    /// A replaced token was used again: the session is over from now on.
    Reuse,
}

/// Whether a successor was made now, or had been before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Made now.
    First,
    /// Made before: the same refresh token goes out again.
    Again,
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
    let (rules, token, until) = (*lifetimes, presented.clone(), Instant::now() + time_left());
    let step = move |connection: &mut AnyConnection| {
        for _ in 0..TRIES {
            if let Some(outcome) = attempt(connection, &rules, &token, (now, until))? {
                return Ok(outcome);
            }
        }
        Err(DatabaseError::Unavailable("the session is being changed too often".to_owned()))
    };
    let outcome = database.write_each(step).await?;
    if matches!(outcome, Refreshed::Reuse) {
        // In a transaction of its own, that ends well: an error would roll it back.
        end::one(database, presented.session_id, now).await?;
    }
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
    if is_over(&session, now) || session.user_id != token.user_id || user.disabled_at.is_some() {
        return Ok(Some(Refreshed::Over));
    }
    let (next, repeat) = if session.current_jti == token.jti {
        (rotated(&session, lifetimes, now), Repeat::First)
    } else if is_in_grace(&session, lifetimes, &token.jti, now) {
        (extended(&session, lifetimes, now), Repeat::Again)
    } else {
        return Ok(Some(Refreshed::Reuse));
    };
    let done = match repeat {
        Repeat::First => {
            store::sessions::rotate(connection, &next.id, &rotation(&session, &next), before)?
        }
        Repeat::Again => {
            let place = (next.id.as_str(), next.current_jti.as_str());
            store::sessions::extend_access(connection, place, next.access_expires_at)?
        }
    };
    Ok(done.then(|| Refreshed::Successor(Box::new(next), Box::new(user), repeat)))
}

/// Whether a refresh with the token of this `jti` would give a successor now. Changes nothing.
pub fn is_usable(session: &SessionRow, lifetimes: &Lifetimes, jti: &str, now: i64) -> bool {
    let known = session.current_jti == jti || is_in_grace(session, lifetimes, jti, now);
    known && !is_over(session, now)
}

fn is_over(session: &SessionRow, now: i64) -> bool {
    session.revoked_at.is_some() || session.expires_at <= now
}

fn is_in_grace(session: &SessionRow, lifetimes: &Lifetimes, jti: &str, now: i64) -> bool {
    session.previous_jti.as_deref() == Some(jti) && now - session.rotated_at <= lifetimes.grace
}

/// The row as it is after a rotation.
fn rotated(session: &SessionRow, lifetimes: &Lifetimes, now: i64) -> SessionRow {
    SessionRow {
        current_jti: Uuid::new_v4().to_string(),
        previous_jti: Some(session.current_jti.clone()),
        rotated_at: now,
        refresh_expires_at: session.expires_at.min(now + lifetimes.idle),
        last_used_at: now,
        ..extended(session, lifetimes, now)
    }
}

/// The row with one more access token in it.
fn extended(session: &SessionRow, lifetimes: &Lifetimes, now: i64) -> SessionRow {
    let access = session.expires_at.min(now + lifetimes.access);
    SessionRow { access_expires_at: session.access_expires_at.max(access), ..session.clone() }
}

fn rotation(from: &SessionRow, to: &SessionRow) -> Rotation {
    Rotation {
        from_jti: from.current_jti.clone(),
        to_jti: to.current_jti.clone(),
        rotated_at: to.rotated_at,
        refresh_expires_at: to.refresh_expires_at,
        access_expires_at: to.access_expires_at,
    }
}
