//! `POST /api/auth/refresh`

use crate::endpoints::{responses::TokenBody, schemas::RefreshBody};
use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::{Rejection, verify_refresh};
use service_kit::input::JsonBody;
use service_kit::openapi::{
    BadRequest, CsrfFailed, TooLarge, TooSlow, Unauthorized, Unavailable, UnsupportedMediaType,
};

use super::{
    authentication::own_policy,
    credential::{Credential, CredentialBody},
    csrf, problems,
    responses::{Delivery, token_response},
};
use crate::{
    sessions::{self, Presented, Refreshed},
    state::State,
};

/// Replaces a refresh token by its successor.
///
/// # Errors
/// 400 with several tokens, 401, 403 `csrf_failed`, 503.
#[utoipa::path(
    post,
    path = "/api/auth/refresh",
    tag = "sessions",
    request_body(content = Option<RefreshBody>),
    responses((status = 200, body = TokenBody), BadRequest, TooSlow, TooLarge, UnsupportedMediaType, Unauthorized, CsrfFailed, Unavailable),
    security(("refresh_token" = []), ("refresh_cookie" = [], "csrf_token" = []), ()),
)]
pub async fn post_refresh(
    request: HttpRequest,
    body: JsonBody<CredentialBody>,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let lifetimes = &state.settings.lifetimes;
    let refuse = |rejection| problems::rejected(rejection, lifetimes);
    let credential = Credential::find(&request, body.0, &state)?;
    let (keys, now) = (state.keyring.keys(), state.now());
    let token =
        verify_refresh(&credential.unverified_token, &keys.checking, &own_policy(&state), now)
            .map_err(refuse)?
            .into_claims();
    if credential.in_cookie {
        csrf::check_token(&request, &state.csrf_key, &token.sid)?;
    }
    let signer = state.issuer.signer().map_err(problems::keys_away)?;
    let presented = Presented { session_id: token.sid, user_id: token.sub, jti: token.jti };
    let outcome = sessions::refresh(&state.database, lifetimes, presented, now).await;
    match outcome.map_err(service_kit::problem::Problem::from)? {
        Refreshed::Successor(session, user, _) => {
            let delivery = if credential.in_cookie { Delivery::Cookie } else { Delivery::Body };
            Ok(token_response(&state, &signer, (&session, &user), false, delivery)?)
        }
        Refreshed::Over => Err(refuse(Rejection::Revoked)),
        Refreshed::Reuse => {
            state.feed.grew();
            tracing::warn!("a replaced refresh token was used again: its session is over");
            Err(refuse(Rejection::Revoked))
        }
    }
}
