//! `POST /api/auth/login`

use crate::endpoints::{responses::TokenBody, schemas::LoginBody};
use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::openapi::{
    BadRequest, CsrfFailed, PayloadTooLarge, RequestTimeout, Unauthorized, Unavailable,
    UnsupportedMediaType,
};
use service_kit::{
    call_budget::with_half_the_time,
    http::log_account,
    input::{Fields, FromFields},
    problem::Problem,
};

use super::{
    admission::Admitted,
    client_info::client_info,
    csrf, problems,
    responses::{Delivery, token_response},
};
use crate::{
    accounts::{
        LoginName, Password,
        hashing::{Attempt, HashingError, Place},
    },
    counts::{Ending, SignIn},
    sessions::{self, NewSession},
    state::State,
    store::{self, users::UserRow},
    throttle::AccountKey,
};

/// The body: who signs in, and whether the refresh token goes into a cookie.
pub struct Login {
    name: LoginName,
    password: Password,
    delivery: Delivery,
}

impl FromFields for Login {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (username, email) =
            (fields.optional_string("username"), fields.optional_string("email"));
        let name = match (username, email) {
            (Some(name), None) => Some(LoginName::from_username_field(&name)),
            (None, Some(address)) => Some(LoginName::from_email_field(&address)),
            (None, None) => fields.fault("username", "is missing (or send email instead)"),
            (Some(_), Some(_)) => fields.fault("email", "send either username or email, not both"),
        };
        let secret = fields.string("password");
        let password = fields.parse("password", secret, Password::presented);
        let delivery = if fields.flag("cookie") { Delivery::Cookie } else { Delivery::Body };
        Some(Self { name: name?, password: password?, delivery })
    }
}

/// Signs a user in: a new session with a fresh access token.
///
/// # Errors
/// 400, 401 `invalid_credentials`, 403 `csrf_failed`, 503.
#[utoipa::path(
    post,
    path = "/api/auth/login",
    tag = "sessions",
    request_body(content = LoginBody),
    responses((status = 200, body = TokenBody), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, CsrfFailed, Unavailable),
)]
pub async fn post_login(
    request: HttpRequest,
    admitted: Admitted<Login>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let Admitted { place, body: Login { name, password, delivery } } = admitted;
    let mut count = state.counts.login();
    if delivery == Delivery::Cookie {
        csrf::check_origin_if_any(&request, &state.settings)?;
    }
    count.is(SignIn::Unavailable);
    let client = client_info(&request, &state);
    let account = state.account_keys.of_name(&name);
    let attempt = attempt(&state, place, account, &mut count).await?;
    let users = state.database.read(move |connection| name.users(connection)).await?;
    // What was typed is not logged: it may be a password in the wrong field.
    log_account(&request, users.first().map(|user| user.id.as_str()));
    let proven = proven_among(&state, &attempt, users, password, &mut count).await;
    drop(attempt);
    let user = proven?;
    let signer = state.issuer.signer().map_err(problems::keys_away)?;
    let (rules, cookie_mode) = (state.settings.session_rules(), delivery == Delivery::Cookie);
    let new = NewSession { user: &user, client, cookie_mode };
    // Logins come to their end one after the other where several are being hashed.
    let (others, now) = (state.hasher.busy() > 0, state.now());
    let started = sessions::start(&state.database, rules, new, others, now).await?;
    let Some((session, ended)) = started else {
        count.is(SignIn::InvalidCredentials);
        return Err(problems::invalid_credentials());
    };
    let response = token_response(&state, &signer, (&session, &user), true, delivery)?;
    if ended > 0 {
        state.feed.grew();
    }
    tracing::info!(user = %user.id, session = %session.id, ended, "signed in");
    count.is(SignIn::Success);
    Ok(response)
}

/// Begins a try at an account: before its user is read, so that it is judged by what the tries before it left.
///
/// # Errors
/// 503 when too many others are running.
pub async fn attempt(
    state: &State,
    place: Place,
    account: AccountKey,
    count: &mut Ending<'_, SignIn>,
) -> Result<Attempt, Problem> {
    state.hasher.attempt(place, account).await.map_err(|error| {
        state.counts.hash_refused(&error);
        count.is(SignIn::Overloaded);
        problems::hashing(error)
    })
}

/// The user whose password it is. More than one is meant only where two accounts from before have names that are one
/// name today; then each password signs in its own account.
async fn proven_among(
    state: &State,
    attempt: &Attempt,
    users: Vec<UserRow>,
    password: Password,
    count: &mut Ending<'_, SignIn>,
) -> Result<UserRow, Problem> {
    let mut users = users.into_iter();
    let first = proven(state, attempt, users.next(), password.clone(), count).await;
    match (first, users.next()) {
        (Err(refused), Some(other)) if refused.code() == "invalid_credentials" => {
            proven(state, attempt, Some(other), password, count).await
        }
        (first, _) => first,
    }
}

/// The user, if the password is theirs. Nobody's and a disabled user's take as long and say no.
///
/// # Errors
/// 401 `invalid_credentials`; 503 when hashing is overloaded.
pub async fn proven(
    state: &State,
    attempt: &Attempt,
    user: Option<UserRow>,
    password: Password,
    count: &mut Ending<'_, SignIn>,
) -> Result<UserRow, Problem> {
    let stored = user.as_ref().map(|user| user.password_hash.as_str());
    let verdict = state.counts.hash(state.hasher.verify(attempt, password.clone(), stored)).await;
    let verdict = verdict.map_err(|error| {
        if matches!(error, HashingError::Overloaded(_)) {
            count.is(SignIn::Overloaded);
        }
        problems::hashing(error)
    })?;
    let Some(user) = user.filter(|_| verdict.matches) else {
        count.is(SignIn::InvalidCredentials);
        return Err(problems::invalid_credentials());
    };
    if user.disabled_at.is_some() {
        // Counted apart, and answered alike.
        count.is(SignIn::Disabled);
        return Err(problems::invalid_credentials());
    }
    if verdict.rehash {
        // The wait for a second hash must not cost the log-in the time that its session needs.
        with_half_the_time(rehash(state, attempt.place(), &user, password)).await;
    }
    Ok(user)
}

/// Brings a stored hash up to today's parameters. If it cannot be done now, the next login will.
async fn rehash(state: &State, place: &Place, user: &UserRow, password: Password) {
    let Ok(hash) = state.counts.hash(state.hasher.hash(place, password)).await else { return };
    let (id, old, new) = (user.id.clone(), user.password_hash.clone(), hash.into_string());
    let replaced = state
        .database
        .write(move |connection| store::users::replace_hash(connection, &id, &old, &new));
    if let Err(error) = replaced.await {
        tracing::warn!(%error, "a password could not be hashed anew");
    }
}
