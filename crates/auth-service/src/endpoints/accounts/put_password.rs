//! `PUT /api/auth/password`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::actix::FreshCaller;
use service_kit::{
    input::{Fields, FromFields},
    openapi::{
        BadRequest, Forbidden, PayloadTooLarge, RequestTimeout, TooManyRequests, Unauthorized,
        Unavailable, UnsupportedMediaType,
    },
};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::{
    accounts::{self, OwnSession, Password, PasswordChange},
    http::{
        ApiError,
        admission::AdmittedInSession,
        own_password::{check_own_password, open_own_session},
        token_response::{SessionTokens, TokenBody, TokenDelivery},
        user_context,
    },
    metrics::PasswordOutcome,
    sessions::is_in_cookie,
    state::State,
    store::sessions::SessionWithUser,
    tokens::ActiveKeySigner,
};

/// The new password, and the current one.
#[derive(ToSchema)]
pub(crate) struct NewPasswordBody {
    #[schema(value_type = String, max_length = 256, format = Password)]
    current_password: Password,
    // The rules for it need the user's name and address, which are read later.
    #[schema(value_type = String, min_length = 8, max_length = 256, format = Password)]
    new_password: Zeroizing<String>,
}

impl FromFields for NewPasswordBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (current, new) = (fields.string("current_password"), fields.string("new_password"));
        let current = fields.parse("current_password", current, Password::parse_entered);
        Some(Self { new_password: new?.into(), current_password: current? })
    }
}

/// Sets a new password. Every session of the caller ends, and unfinished log-ins fail. A new session replaces the
/// caller's.
///
/// # Errors
/// 400; 401 `fresh_token_required`, `invalid_credentials`, `token_revoked`; 429; 503.
#[utoipa::path(
    put,
    path = "/api/auth/password",
    tag = "accounts",
    request_body(content = NewPasswordBody),
    responses((status = 200, body = TokenBody), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, Forbidden, TooManyRequests, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn put_password(
    request: HttpRequest,
    admitted: AdmittedInSession<FreshCaller, NewPasswordBody>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let AdmittedInSession { caller, permit, body } = admitted;
    let mut outcome = state.metrics.reauthentication();
    let own = open_own_session(&state, &caller.session_id, permit).await?;
    let new = accounts::parse_new_password(&body.new_password, &own.user)
        .map_err(|error| ApiError::invalid_new_password("new_password", error.to_string()))?;
    outcome.set(PasswordOutcome::Unavailable);
    check_own_password(&request, &state, &own, body.current_password, &mut outcome).await?;
    let hash = state.passwords.hash_new(own.slot.permit(), new).await;
    let hash = hash.inspect_err(|error| outcome.set(error));
    let hash = hash.map_err(|error| ApiError::rejected_new_password(error, "new_password"))?;
    // Taken before the change: if the new tokens could not be signed afterwards, the client would lose its session.
    let signer = state.token_signer.with_active_key()?;
    let OwnSession { session, user, failure_keys, .. } = own;
    let context = user_context(&request, &state, &user.id);
    let change = PasswordChange { user_id: user.id, session_id: session.id, hash, failure_keys };
    let (lifetimes, policy) = (&state.settings.lifetimes, state.mailer.settings().policy());
    let changed =
        accounts::change_password(&state.database, lifetimes, &policy, change, &context).await;
    let changed = changed.inspect_err(|error| outcome.set(error))?;
    outcome.set(PasswordOutcome::Success);
    respond(&state, &signer, &changed)
}

fn respond(
    state: &State,
    signer: &ActiveKeySigner<'_>,
    SessionWithUser { session, user }: &SessionWithUser,
) -> Result<HttpResponse, ApiError> {
    state.feed.notify_written();
    state.mailer.wake();
    tracing::info!(user = %user.id, session = %session.id, "password changed: other sessions ended");
    let delivery = TokenDelivery::in_cookie_if(is_in_cookie(session));
    // The new password ended the tokens of all devices, this one's too.
    let device = state.device_tokens.issue(&user.id, user.device_epoch, state.now());
    SessionTokens { session, user, fresh: true }.response(state, signer, delivery, Some(device))
}
