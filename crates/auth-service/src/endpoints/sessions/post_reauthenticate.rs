//! `POST /api/auth/reauthenticate`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::actix::UserCaller;
use serde::Serialize;
use service_kit::{
    input::{Fields, FromFields},
    openapi::{
        BadRequest, Forbidden, PayloadTooLarge, RequestTimeout, TooManyRequests, Unauthorized,
        Unavailable, UnsupportedMediaType,
    },
};
use utoipa::ToSchema;

use crate::{
    accounts::{self, Password},
    http::{
        ApiError, NO_STORE,
        admission::AdmittedInSession,
        own_password::{check_own_password, open_own_session},
        token_response::SessionTokens,
        user_context,
    },
    metrics::PasswordOutcome,
    state::State,
};

/// The caller's password.
#[derive(ToSchema)]
pub(crate) struct PasswordBody {
    #[schema(value_type = String, format = Password)]
    password: Password,
}

impl FromFields for PasswordBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let text = fields.string("password");
        Some(Self { password: fields.parse("password", text, Password::parse_entered)? })
    }
}

/// A fresh access token.
#[derive(Serialize, ToSchema)]
pub(crate) struct FreshTokenBody {
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the token expires.
    #[schema(example = 900)]
    expires_in: i64,
    #[schema(example = "users:read users:email")]
    scope: String,
}

/// Makes the caller's session fresh again. The fifth wrong password in a row ends the session.
///
/// # Errors
/// 401 `invalid_credentials`, `token_revoked`; 429; 503.
#[utoipa::path(
    post,
    path = "/api/auth/reauthenticate",
    tag = "sessions",
    request_body(content = PasswordBody),
    responses((status = 200, body = FreshTokenBody), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, Forbidden, TooManyRequests, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn post_reauthenticate(
    request: HttpRequest,
    admitted: AdmittedInSession<UserCaller, PasswordBody>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let AdmittedInSession { caller, permit, body } = admitted;
    let mut outcome = state.metrics.reauthentication();
    let own = open_own_session(&state, &caller.session_id, permit).await?;
    outcome.set(PasswordOutcome::Unavailable);
    check_own_password(&request, &state, &own, body.password, &mut outcome).await?;
    let signer = state.token_signer.with_active_key()?;
    let (user, lifetimes) = (&own.user, &state.settings.lifetimes);
    let context = user_context(&request, &state, &user.id);
    let now = context.at.seconds();
    let fresh = accounts::reauthenticate(&state.database, &own, lifetimes, context).await;
    let session = fresh.inspect_err(|error| outcome.set(error))?;
    let tokens = SessionTokens { session: &session, user, fresh: true };
    let access = tokens.access_token(&state, &signer, now)?;
    outcome.set(PasswordOutcome::Success);
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(FreshTokenBody {
        access_token: access.token,
        token_type: "Bearer",
        expires_in: access.expires_in,
        scope: access.scope,
    }))
}
