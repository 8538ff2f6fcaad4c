//! `POST /api/auth/login`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::{
    http::log_account,
    input::{Fields, FromFields},
    openapi::{
        BadRequest, CsrfFailed, PayloadTooLarge, RequestTimeout, TooManyRequests, Unauthorized,
        Unavailable, UnsupportedMediaType,
    },
};
use utoipa::ToSchema;

use crate::{
    accounts::{self, LoginAttempt, LoginName, Password, SignInError, SignedIn, hashing::Place},
    http::{
        ApiError,
        admission::Admitted,
        client_info, csrf,
        token_response::{Delivery, SessionTokens, TokenBody},
    },
    metrics::SignIn,
    sessions::NewSession,
    state::State,
    store::users::UserRow,
};

/// Name and password of a user. The name is `username` (which may be an e-mail address) or `email`, not both.
#[derive(ToSchema)]
pub struct LoginBody {
    #[schema(example = "ana")]
    username: Option<String>,
    #[schema(example = "ana@example.com")]
    email: Option<String>,
    #[schema(value_type = String, example = "correct horse battery", format = Password)]
    password: Password,
    /// Whether the refresh token is sent in a cookie instead of the body.
    #[schema(value_type = Option<bool>, default = false)]
    cookie: bool,
}

impl FromFields for LoginBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (username, email) =
            (fields.optional_string("username"), fields.optional_string("email"));
        let named = match (&username, &email) {
            (Some(_), None) | (None, Some(_)) => Some(()),
            (None, None) => fields.fault("username", "is missing (or send email instead)"),
            (Some(_), Some(_)) => fields.fault("email", "send either username or email, not both"),
        };
        let text = fields.string("password");
        let password = fields.parse("password", text, Password::enter);
        let cookie = fields.flag("cookie");
        named.and(Some(Self { username, email, password: password?, cookie }))
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

/// Signs a user in: starts a session and returns its tokens. The access token is fresh.
///
/// # Errors
/// 400, 401 `invalid_credentials`, 403 `csrf_failed`, 429, 503.
#[utoipa::path(
    post,
    path = "/api/auth/login",
    tag = "sessions",
    request_body(content = LoginBody),
    responses((status = 200, body = TokenBody), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, CsrfFailed, TooManyRequests, Unavailable),
)]
pub async fn post_login(
    request: HttpRequest,
    admitted: Admitted<LoginBody>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let Admitted { place, body } = admitted;
    let mut outcome = state.metrics.login();
    // A page of another site must not put the cookie of its own account into the browser (login CSRF). Without the
    // cookie, a login changes nothing in the browser.
    if body.cookie {
        csrf::check_origin_if_any(&request, &state.settings)?;
    }
    outcome.set(SignIn::Unavailable);
    let (client, cookie_mode) = (client_info(&request, &state), body.cookie);
    let checked = check(&request, &state, place, body).await;
    let user = checked.inspect_err(|error| outcome.set(error))?;
    // Taken before the session starts: without a signing key there would be no tokens for it.
    let signer = state.token_signer.with_active_key()?;
    let new = NewSession { user: &user, client, cookie_mode };
    let (rules, now) = (state.settings.session_rules(), state.now());
    let started = accounts::sign_in(&state.database, &state.passwords, rules, new, now).await;
    let SignedIn { session, ended } = started.inspect_err(|error| outcome.set(error))?;
    let tokens = SessionTokens { session: &session, user: &user, fresh: true };
    let response = tokens.response(&state, &signer, Delivery::in_cookie(cookie_mode))?;
    if ended > 0 {
        state.feed.notify_written();
    }
    tracing::info!(user = %user.id, session = %session.id, ended, "signed in");
    outcome.set(SignIn::Success);
    Ok(response)
}

/// Checks the password. The request's log line has the id of the account, if there is one, but never the text that was
/// typed, because it may be a password in the wrong field.
async fn check(
    request: &HttpRequest,
    state: &State,
    place: Place,
    body: LoginBody,
) -> Result<UserRow, SignInError> {
    let name = body.name();
    let account = state.account_keys.of_name(&name);
    let login = LoginAttempt { name, account, password: body.password, place };
    let checked = accounts::check_login(&state.database, &state.passwords, login).await;
    match &checked {
        Ok(user) => log_account(request, Some(&user.id)),
        Err(SignInError::Password { user_id, .. }) => log_account(request, user_id.as_deref()),
        Err(_) => {}
    }
    checked
}
