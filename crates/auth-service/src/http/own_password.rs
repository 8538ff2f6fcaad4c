//! Checks the caller's own password inside a session.

use actix_web::HttpRequest;
use service_kit::{http::log_account, ids::SessionId};

use super::{ApiError, user_context};
use crate::{
    accounts::{OwnPasswordError, OwnSession, Password, SessionPermit},
    metrics::{OutcomeGuard, PasswordOutcome},
    state::State,
};

/// Opens the caller's session for a password check.
///
/// # Errors
/// 401 `token_revoked`; 503.
pub(crate) async fn open_own_session(
    state: &State,
    session_id: &SessionId,
    permit: SessionPermit,
) -> Result<OwnSession, ApiError> {
    let State { database, passwords, password_locks, .. } = state;
    let now = || state.now();
    let is_throttled = state.settings.limits.of_accounts.is_some();
    let keys = is_throttled.then_some(&state.attempt_keys);
    Ok(OwnSession::open(database, passwords, password_locks, keys, session_id, permit, now).await?)
}

/// Checks the caller's password and counts the result.
///
/// # Errors
/// 401 `invalid_credentials`; 503.
pub(crate) async fn check_own_password(
    request: &HttpRequest,
    state: &State,
    own: &OwnSession,
    password: Password,
    outcome: &mut OutcomeGuard<'_, PasswordOutcome>,
) -> Result<(), ApiError> {
    log_account(request, Some(own.user.id.as_str()));
    let context = || user_context(request, state, &own.user.id);
    let checked = own.check_password(&state.database, &state.passwords, password, context).await;
    checked.map_err(|error| {
        outcome.set(&error);
        notify_if_ended(state, &error);
        error.into()
    })
}

/// Wakes the feed if a wrong password has ended the session.
pub(crate) fn notify_if_ended(state: &State, error: &OwnPasswordError) {
    if matches!(error, OwnPasswordError::Password { session_ended: true, .. }) {
        state.feed.notify_written();
    }
}
