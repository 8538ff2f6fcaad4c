//! `POST /api/auth/login`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::{
    http::log_account,
    ids::UserId,
    input::{Fields, FromFields},
    openapi::{
        BadRequest, PayloadTooLarge, RequestTimeout, TooManyRequests, Unauthorized, Unavailable,
        UnsupportedMediaType,
    },
};
use utoipa::ToSchema;

use crate::{
    accounts::{
        self, CheckedLogin, LoginChecker, LoginName, LoginRequest, Password, SignInError,
        SignInNotice, SignedIn,
    },
    audit::{Actor, RequestContext},
    http::{
        ApiError, client_info, csrf,
        error_responses::EmailUnverified,
        login_admission::{AdmittedLogin, DeviceBody},
        request_context,
        source_limit::{audited_rate_limited_answer, over_limit, rate_limited_answer, source_of},
        token_response::{SessionTokens, TokenBody, TokenDelivery},
        user_context,
    },
    metrics::{OutcomeGuard, PasswordOutcome},
    sessions::NewSession,
    state::State,
    store::{sessions::SessionRow, users::UserRow},
    throttle::{LimitClass, TooSoon},
};

/// Name and password of a user. The name is `username` (which may be an e-mail address) or `email`, not both.
#[derive(ToSchema)]
pub(crate) struct LoginBody {
    #[schema(example = "ana")]
    username: Option<String>,
    #[schema(example = "ana@example.com")]
    email: Option<String>,
    #[schema(value_type = String, example = "correct horse battery", format = Password)]
    password: Password,
    /// Whether the refresh token, and the token of a new device, are sent in cookies instead of the body.
    #[schema(value_type = Option<bool>, default = false)]
    cookie: bool,
    /// The token of a trusted device, if it is not in a cookie. Failed log-ins of others do not delay this log-in.
    device_token: Option<String>,
    /// Whether the body of the response contains a device token, if no valid one was sent.
    #[schema(value_type = Option<bool>, default = false)]
    remember_device: bool,
}

impl FromFields for LoginBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (username, email) =
            (fields.optional_string("username"), fields.optional_string("email"));
        let named = match (&username, &email) {
            (Some(_), None) | (None, Some(_)) => Some(()),
            (None, None) => fields.add_error("username", "is missing (or send email instead)"),
            (Some(_), Some(_)) => {
                fields.add_error("email", "send either username or email, not both")
            }
        };
        let text = fields.string("password");
        let password = fields.parse("password", text, Password::parse_entered);
        let cookie = fields.flag("cookie");
        let device_token = fields.optional_string("device_token");
        let remember_device = fields.flag("remember_device");
        let password = password?;
        named.and(Some(Self { username, email, password, cookie, device_token, remember_device }))
    }
}

impl DeviceBody for LoginBody {
    fn device_token(&self) -> Option<&str> {
        self.device_token.as_deref()
    }
}

impl LoginBody {
    fn name(&self) -> LoginName {
        let by_name = self.username.as_deref().map(LoginName::from_username_field);
        by_name.unwrap_or_else(|| {
            LoginName::from_email_field(self.email.as_deref().unwrap_or_default())
        })
    }
}

/// Logs a user in: starts a session and returns its tokens. The access token is fresh.
///
/// # Errors
/// 400, 401 `invalid_credentials`, 403 `csrf_failed` or `email_unverified`, 429, 503.
#[utoipa::path(
    post,
    path = "/api/auth/login",
    tag = "sessions",
    request_body(content = LoginBody),
    responses((status = 200, body = TokenBody), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, EmailUnverified, TooManyRequests, Unavailable),
)]
pub(crate) async fn post_login(
    request: HttpRequest,
    admitted: AdmittedLogin<LoginBody>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    // The extractor `AdmittedLogin` has read the body. If the source is over its limit or cannot get a permit for the
    // hash queue, it has answered 429 or 503, unless the cookie or the body (for which it then waits one second) has a
    // valid device token. The extractor only checks whether a permit is free; `LoginChecker` takes one.

    // The log-in is counted when `outcome` is dropped: as `Refused`, unless it was set to something else.
    let mut outcome = state.metrics.login();
    let (in_cookie, remember) = (admitted.body.cookie, admitted.body.remember_device);
    if in_cookie {
        let checked = csrf::check_origin_if_any(&request, &state.settings);
        csrf::audit_if_refused(&request, &state, None, checked)?;
    }
    // From here on an error that sets nothing else (no signing key, a dropped request) counts as unavailable.
    outcome.set(PasswordOutcome::Unavailable);
    let checked = check_login(&request, &state, admitted, &mut outcome).await?;
    let sends_device_token = !checked.is_trusted && (in_cookie || remember);
    // Taken before the session starts: without a key there is nothing to answer with.
    let signer = state.token_signer.with_active_key()?;
    let (session, user) = start_session(&request, &state, checked, in_cookie, &mut outcome).await?;
    let device = sends_device_token
        .then(|| state.device_tokens.issue(&user.id, user.device_epoch, session.created_at));
    // 200, `no-store`: both tokens, their lifetimes, scope, user and session id; a device token for a new device. With
    // `cookie: true` the refresh and the device token are in cookies, and the body has a CSRF token.
    let tokens = SessionTokens { session: &session, user: &user, fresh: true };
    let response =
        tokens.response(&state, &signer, TokenDelivery::in_cookie_if(in_cookie), device)?;
    outcome.set(PasswordOutcome::Success);
    Ok(response)
}

/// Checks the log-in. The log line of the request names the account, if there is one. It never has the text that was
/// typed, which may be a password in the wrong field.
async fn check_login(
    request: &HttpRequest,
    state: &State,
    AdmittedLogin { body, device }: AdmittedLogin<LoginBody>,
    outcome: &mut OutcomeGuard<'_, PasswordOutcome>,
) -> Result<CheckedLogin, ApiError> {
    let login = LoginRequest {
        name: body.name(),
        password: body.password,
        source: source_of(request, state),
        source_wait: over_limit(request),
        device,
    };
    let checker = LoginChecker {
        database: &state.database,
        clock: &state.clock,
        passwords: &state.passwords,
        keys: &state.attempt_keys,
        rule: state.settings.limits.of_accounts,
        user_limits: &state.user_limits,
        policy: state.mailer.settings().policy(),
    };
    let context = || request_context(request, state, Actor::Anonymous);
    let checked = checker.check(&login, context).await;
    let user_id = checked.as_ref().map_or_else(SignInError::user_id, |login| Some(&login.user.id));
    log_account(request, user_id.map(UserId::as_str));
    checked.map_err(|error| {
        outcome.set(&error);
        let context = context();
        audit_refused_login(state, &context, &error, error.user_id());
        error_response(request, state, &context, error)
    })
}

/// Starts the session of a user whose password was right. Returns it, and the user with the rights of this moment.
async fn start_session(
    request: &HttpRequest,
    state: &State,
    checked: CheckedLogin,
    in_cookie: bool,
    outcome: &mut OutcomeGuard<'_, PasswordOutcome>,
) -> Result<(SessionRow, UserRow), ApiError> {
    // The account's slot is kept until the session is stored.
    let CheckedLogin { user, is_trusted, changes, slot: _slot } = checked;
    let context = user_context(request, state, &user.id);
    let client = client_info(request, state);
    let new = NewSession { user: &user, client, in_cookie };
    let rules = state.settings.session_rules();
    // `None` if mail is off, the device is trusted, the address is not proven, or it is the first log-in.
    let notice = SignInNotice::of(&state.mailer.settings().policy(), &user, is_trusted);
    let sends_notice = notice.is_some();
    let started =
        accounts::sign_in(&state.database, rules, new, changes, notice, context.clone()).await;
    let SignedIn { session, ended, rights } = started.inspect_err(|error| {
        outcome.set(error);
        audit_refused_login(state, &context, error, Some(&user.id));
    })?;
    if ended > 0 {
        state.feed.notify_written();
    }
    if sends_notice {
        state.mailer.wake();
    }
    tracing::info!(user = %user.id, session = %session.id, ended, is_trusted, "logged in");
    Ok((session, user.with_rights(rights)))
}

/// Queues an entry of the audit log for a refused log-in: it is written within a second, not in a transaction of the
/// log-in. A log-in that could not be checked was not refused, so it has no entry.
fn audit_refused_login(
    state: &State,
    context: &RequestContext,
    error: &SignInError,
    user_id: Option<&UserId>,
) {
    if let Some(reason) = error.audited_as() {
        state.refused_calls.login_failed(context, reason, user_id);
    }
}

/// The response to a log-in that was not accepted. A log-in over a limit is also counted and gets an audit entry; if a
/// mail was added, the mailer is woken.
fn error_response(
    request: &HttpRequest,
    state: &State,
    context: &RequestContext,
    error: SignInError,
) -> ApiError {
    match error {
        SignInError::SourceOverLimit(wait) => {
            audited_rate_limited_answer(request, state, wait, "source")
        }
        SignInError::TooManyFailures { user_id, wait } => {
            state.refused_calls.limit_reached(context, "account", user_id.as_ref());
            rate_limited_answer(request, state, longer_wait(request, state, wait), "account")
        }
        error @ SignInError::EmailUnverified { .. } => {
            state.mailer.wake();
            error.into()
        }
        error => error.into(),
    }
}

/// The longer wait of the account and the source: the next call must pass both limits.
fn longer_wait(request: &HttpRequest, state: &State, wait: TooSoon) -> TooSoon {
    let (source, now) = (source_of(request, state), state.clock.micros());
    let by_source = state.source_limits.would_allow(LimitClass::Login, source, now);
    TooSoon(wait.0.max(by_source.map_or_else(|too_soon| too_soon.0, |()| 0)))
}
