//! Counts wrong passwords that are entered inside a session: five in a row revoke it.
//!
//! The caller holds the session's lock (`locks`). Without it, parallel guesses would all be checked before the first
//! wrong password is stored.

use database::AnyConnection;
use service_kit::ids::{SessionId, UserId};

use super::revoke::revoke;
use crate::{
    audit::{Event, RequestContext},
    store::{self, DbResult, Transaction},
    throttle::FAILURE_RETENTION,
};

/// How many wrong passwords in a row revoke a session.
pub const MAX_WRONG: i64 = 5;

/// A wrong password that was given inside a session.
#[derive(Clone, Copy, Debug)]
pub struct WrongPassword<'a> {
    /// The session's user.
    pub user_id: &'a UserId,
    /// The keys under which failures of the account are counted.
    pub account: &'a [String],
    /// Why it was not accepted: the reason in the audit log.
    pub reason: &'static str,
    /// Who gave it, and from where.
    pub context: &'a RequestContext,
}

/// Counts a wrong password for the session and for the account. Returns `true` if the limit was reached and the
/// session was revoked.
///
/// # Errors
/// When the database is unavailable.
pub fn count(
    transaction: &mut Transaction<'_>,
    session_id: &SessionId,
    wrong: WrongPassword<'_>,
) -> DbResult<bool> {
    if !store::sessions::lock(transaction, session_id)? {
        return Ok(false);
    }
    let WrongPassword { user_id, account, reason, context } = wrong;
    let now = context.at.seconds();
    for key in account {
        store::login_failures::add(transaction, key, now, now + FAILURE_RETENTION)?;
    }
    let refused = context.refused(Event::UserLoginFailed, reason).about_user(user_id);
    transaction.audit(refused.in_session(session_id))?;
    let count = store::wrong_passwords::add(transaction, session_id)?;
    let revocation =
        context.done(Event::SessionEnded).because("wrong_passwords").about_user(user_id);
    Ok(count >= MAX_WRONG && revoke(transaction, session_id, now, &revocation)?)
}

/// Clears the failures of the session and of the account after a correct password.
///
/// # Errors
/// When the database is unavailable.
pub fn clear(
    transaction: &mut AnyConnection,
    session_id: &SessionId,
    account: &[String],
) -> DbResult<()> {
    store::wrong_passwords::clear(transaction, session_id)?;
    store::login_failures::clear(transaction, account)?;
    Ok(())
}

/// Counts a request that may be a guess of the password, such as a new user name, as a wrong password. Returns `false`,
/// and counts nothing, if one more wrong password would revoke the session. Then the caller must not answer the guess.
///
/// # Errors
/// When the database is unavailable.
pub fn count_possible_guess(
    transaction: &mut AnyConnection,
    session_id: &SessionId,
) -> DbResult<bool> {
    let allowed = store::sessions::lock(transaction, session_id)?
        && store::wrong_passwords::count(transaction, session_id)? < MAX_WRONG - 1;
    if allowed {
        store::wrong_passwords::add(transaction, session_id)?;
    }
    Ok(allowed)
}
