//! `PATCH /api/auth/me`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::actix::FreshCaller;
use service_kit::{
    http::log_account,
    ids::SessionId,
    input::{Fields, FromFields},
    openapi::{
        BadRequest, Forbidden, PayloadTooLarge, RequestTimeout, TooManyRequests, Unauthorized,
        Unavailable, UnsupportedMediaType,
    },
};
use utoipa::ToSchema;

use crate::{
    accounts::{
        self, ChangeProfileError, EmailAddress, OwnSession, Password, ProfileChange, Username,
    },
    audit::Event,
    http::{
        ApiError, NO_STORE,
        admission::AdmittedInSession,
        error_responses::Conflict,
        own_password::{notify_if_ended, open_own_session},
        source_limit::{audited_rate_limited_answer, source_of},
        user_body::OwnUserBody,
        user_context,
    },
    metrics::PasswordOutcome,
    state::State,
    store::users::UserRow,
    throttle::LimitClass,
};

/// The values to change: `username`, `email` or both.
#[derive(ToSchema)]
pub(crate) struct ChangesBody {
    #[schema(value_type = Option<String>)]
    username: Option<Username>,
    /// Needs `current_password`. Where mail is on, it only counts once the link in a mail to it is used; until then it
    /// is the `pending_email`.
    #[schema(value_type = Option<String>)]
    email: Option<EmailAddress>,
    #[schema(value_type = Option<String>, max_length = 256, format = Password)]
    current_password: Option<Password>,
}

impl FromFields for ChangesBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (name, address) = (fields.optional_string("username"), fields.optional_string("email"));
        let password = fields.optional_string("current_password");
        if name.is_none() && address.is_none() {
            return fields.add_error("username", "is missing: send username, email or both");
        }
        if address.is_some() && password.is_none() {
            fields.add_error::<()>("current_password", "is missing: a new email needs it");
        }
        Some(Self {
            username: fields.parse("username", name, Username::parse_new),
            email: fields.parse("email", address, EmailAddress::parse),
            current_password: fields.parse("current_password", password, Password::parse_entered),
        })
    }
}

/// Changes the caller's name or address. Tokens have the new name from the next refresh on.
///
/// # Errors
/// 400; 401 `fresh_token_required`, `invalid_credentials`; 409 `user_exists`; 429; 503.
#[utoipa::path(
    patch,
    path = "/api/auth/me",
    tag = "accounts",
    request_body(content = ChangesBody),
    responses((status = 200, body = OwnUserBody), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, Forbidden, Conflict, TooManyRequests, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn patch_me(
    request: HttpRequest,
    admitted: AdmittedInSession<FreshCaller, ChangesBody>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let AdmittedInSession { caller, permit, body } = admitted;
    count_change(&request, &state, &caller.session_id)?;
    let own = open_own_session(&state, &caller.session_id, permit).await?;
    let user = change(&request, &state, &own, body).await?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(OwnUserBody::new(&user)))
}

/// Counts the change for its session and for its source.
fn count_change(
    request: &HttpRequest,
    state: &State,
    session_id: &SessionId,
) -> Result<(), ApiError> {
    let (source, now) = (source_of(request, state), state.clock.micros());
    let by_session = state.user_limits.profile_change(session_id.as_str(), now);
    let by_source = state.source_limits.call(LimitClass::ProfileChange, source, now);
    let waits = [(by_session, "session"), (by_source, "source")];
    let waits = waits.into_iter().filter_map(|(counted, by)| Some((counted.err()?, by)));
    waits.max().map_or(Ok(()), |(too_soon, by)| {
        Err(audited_rate_limited_answer(request, state, too_soon, by))
    })
}

/// Makes the change. If a password was sent with it, the result counts as a reauthentication.
async fn change(
    request: &HttpRequest,
    state: &State,
    own: &OwnSession,
    body: ChangesBody,
) -> Result<UserRow, ChangeProfileError> {
    let ChangesBody { username, email, current_password } = body;
    let mut outcome = current_password.as_ref().map(|_| state.metrics.reauthentication());
    if outcome.is_some() {
        log_account(request, Some(own.user.id.as_str()));
    }
    let change = ProfileChange { username, email, current_password };
    let (database, passwords) = (&state.database, &state.passwords);
    let context = || user_context(request, state, &own.user.id);
    let (policy, access) = (state.mailer.settings().policy(), state.settings.lifetimes.access);
    let changed =
        accounts::change_profile(database, passwords, &policy, access, own, change, context).await;
    state.feed.notify_written();
    state.mailer.wake();
    if let Some(outcome) = &mut outcome {
        outcome
            .set(changed.as_ref().map_or_else(PasswordOutcome::from, |_| PasswordOutcome::Success));
    }
    if let Err(ChangeProfileError::Password(error)) = &changed {
        notify_if_ended(state, error);
    }
    if let Err(ChangeProfileError::Taken(_)) = &changed {
        let refused = context().refused(Event::CallRefused, "user_exists");
        let refused = refused.about_user(&own.user.id).in_session(&own.session.id);
        state.refused_calls.add(refused);
    }
    changed
}
