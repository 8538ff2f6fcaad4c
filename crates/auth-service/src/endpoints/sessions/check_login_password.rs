//! The check of a log-in's password: from a trusted device, or from any other.

use actix_web::{HttpRequest, http::StatusCode};
use service_kit::{http::log_account, ids::UserId};

use super::post_login::LoginBody;
use crate::{
    accounts::{self, CheckedLogin, LoginChecker, LoginRequest, SignInError},
    audit::{Actor, RequestContext},
    http::{
        ApiError, csrf,
        login_admission::{AdmittedLogin, take_device_permit, take_source_permit},
        request_context,
        source_limit::{rate_limited_answer, source_of},
    },
    metrics::{OutcomeGuard, PasswordOutcome},
    state::State,
    store::users::UserRow,
    throttle::{DeviceToken, LimitClass, TooSoon},
};

/// A log-in whose password was right.
pub(super) struct PasswordAccepted {
    pub(super) login: CheckedLogin,
    /// Whether it came from a device that the user trusts.
    pub(super) is_trusted: bool,
}

/// Checks the password. The log line of the request names the account, if there is one. It never has the text that was
/// typed, which may be a password in the wrong field.
///
/// # Errors
/// 401 `invalid_credentials`, 403 `csrf_failed`, 429 `rate_limited`, 503.
pub(super) async fn check_login_password(
    request: &HttpRequest,
    state: &State,
    admitted: AdmittedLogin<LoginBody>,
    outcome: &mut OutcomeGuard<'_, PasswordOutcome>,
) -> Result<PasswordAccepted, ApiError> {
    let AdmittedLogin { body, device } = admitted;
    if body.cookie {
        let checked = csrf::check_origin_if_any(request, &state.settings);
        csrf::audit_if_refused(request, state, None, checked)?;
    }
    outcome.set(PasswordOutcome::Unavailable);
    let by_device = match &device {
        Some(device) => check_from_device(request, state, &body, device, outcome).await?,
        None => None,
    };
    let (login, is_trusted) = match by_device {
        Some(login) => (login, true),
        None => (check_without_device(request, state, &body, outcome).await?, false),
    };
    log_account(request, Some(login.user.id.as_str()));
    require_verified_email(request, state, &login.user, outcome).await?;
    Ok(PasswordAccepted { login, is_trusted })
}

/// If log-ins need a proven address and the user's is not proven, sends the mail that proves it again. With mail off,
/// no log-in needs one.
///
/// # Errors
/// 403 `email_unverified`, 503.
async fn require_verified_email(
    request: &HttpRequest,
    state: &State,
    user: &UserRow,
    outcome: &mut OutcomeGuard<'_, PasswordOutcome>,
) -> Result<(), ApiError> {
    let policy = state.mailer.settings().policy();
    if !policy.refuses_login_of(user) {
        return Ok(());
    }
    let (database, id) = (&state.database, user.id.clone());
    let context = request_context(request, state, Actor::Anonymous);
    accounts::send_verification(database, &policy, id, context.clone()).await?;
    outcome.set(PasswordOutcome::EmailUnverified);
    state.mailer.wake();
    state.refused_calls.login_failed(&context, "email_unverified", Some(&user.id));
    Err(ApiError::email_unverified())
}

/// `None` if the user of this log-in does not trust the device, or if there were too many log-ins from the user's
/// devices. Then it is handled like any other log-in.
async fn check_from_device(
    request: &HttpRequest,
    state: &State,
    body: &LoginBody,
    device: &DeviceToken,
    outcome: &mut OutcomeGuard<'_, PasswordOutcome>,
) -> Result<Option<CheckedLogin>, ApiError> {
    let permit = take_device_permit(state, device)
        .inspect_err(|error| outcome.set(outcome_without_permit(error)))?;
    let Some(permit) = permit else { return Ok(None) };
    let login = LoginRequest { name: body.name(), password: body.password.clone(), permit };
    let checked = checker(state).check_from_device(login, device, || state.now()).await;
    checked.map_err(|error| login_error(request, state, error, outcome))
}

/// The source is over its limit (429), or the queue has no permit for it (503).
fn outcome_without_permit(error: &ApiError) -> PasswordOutcome {
    match error.status() {
        StatusCode::TOO_MANY_REQUESTS => PasswordOutcome::RateLimited,
        _ => PasswordOutcome::Overloaded,
    }
}

async fn check_without_device(
    request: &HttpRequest,
    state: &State,
    body: &LoginBody,
    outcome: &mut OutcomeGuard<'_, PasswordOutcome>,
) -> Result<CheckedLogin, ApiError> {
    let permit = take_source_permit(request, state)
        .inspect_err(|error| outcome.set(outcome_without_permit(error)))?;
    let login = LoginRequest { name: body.name(), password: body.password.clone(), permit };
    let checked = checker(state).check(login, || state.now()).await;
    checked.map_err(|error| login_error(request, state, error, outcome))
}

fn checker(state: &State) -> LoginChecker<'_> {
    LoginChecker {
        database: &state.database,
        passwords: &state.passwords,
        keys: &state.attempt_keys,
        rule: state.settings.limits.of_accounts,
    }
}

/// The response to a refused log-in; also adds its entry to the audit log.
fn login_error(
    request: &HttpRequest,
    state: &State,
    error: SignInError,
    outcome: &mut OutcomeGuard<'_, PasswordOutcome>,
) -> ApiError {
    outcome.set(&error);
    if let SignInError::Password { user_id, .. } = &error {
        let context = request_context(request, state, Actor::Anonymous);
        audit_failed_login(state, &context, &error, user_id.as_ref());
    }
    match error {
        SignInError::Password { user_id, reason } => {
            log_account(request, user_id.as_ref().map(UserId::as_str));
            reason.into()
        }
        SignInError::TooSoon { user_id, wait } => {
            log_account(request, user_id.as_ref().map(UserId::as_str));
            let context = request_context(request, state, Actor::Anonymous);
            state.refused_calls.limit_reached(&context, "account", user_id.as_ref());
            rate_limited_answer(request, state, longer_wait(request, state, wait), "account")
        }
        error => error.into(),
    }
}

/// Queues an entry of the audit log for a refused log-in: it is written within a second, not in a transaction of the
/// log-in. A log-in that could not be checked was not refused, so it has no entry.
pub(super) fn audit_failed_login(
    state: &State,
    context: &RequestContext,
    error: &SignInError,
    user_id: Option<&UserId>,
) {
    let reason = match error {
        SignInError::Password { reason, .. } => reason.audited_as(),
        SignInError::CredentialsChanged => Some("credentials_changed"),
        SignInError::TooSoon { .. } | SignInError::Database(_) => None,
    };
    let unknown = user_id.is_none().then_some("unknown_user");
    if let Some(reason) = reason {
        state.refused_calls.login_failed(context, unknown.unwrap_or(reason), user_id);
    }
}

/// The longer wait of the account and the source: the next call must pass both limits.
fn longer_wait(request: &HttpRequest, state: &State, wait: TooSoon) -> TooSoon {
    let (source, now) = (source_of(request, state), state.clock.micros());
    let by_source = state.source_limits.would_allow(LimitClass::Login, source, now);
    TooSoon(wait.0.max(by_source.map_or_else(|too_soon| too_soon.0, |()| 0)))
}
