//! `POST /api/auth/logout`

use crate::endpoints::schemas::RefreshBody;
use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::Rejection;
use service_kit::openapi::{
    BadRequest, CsrfFailed, PayloadTooLarge, RequestTimeout, Unauthorized, Unavailable,
    UnsupportedMediaType,
};
use service_kit::{input::JsonBody, problem::Problem};

use super::{
    credential::{Credential, CredentialBody},
    presented::PresentedToken,
};
use crate::{sessions::end, state::State};

/// Ends the session of whatever token is sent: access or refresh, replaced or revoked ones too. Idempotent.
///
/// # Errors
/// 400 with several tokens, 401 for a token that is none of ours or expired, 403 `csrf_failed`, 503.
#[utoipa::path(
    post,
    path = "/api/auth/logout",
    tag = "sessions",
    request_body(content = Option<RefreshBody>),
    responses((status = 204, description = "The session is over"), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, CsrfFailed, Unavailable),
    security(("access_token" = []), ("refresh_token" = []), ("refresh_cookie" = [], "csrf_token" = []), ()),
)]
pub async fn post_logout(
    request: HttpRequest,
    body: JsonBody<CredentialBody>,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let credential = Credential::find(&request, body.0, &state).await?;
    let session_id = session_of(&state, &credential)
        .map_err(|rejection| credential.refused(rejection, &state))?;
    credential.check_cookie(&request, &state, &session_id).await?;
    let ended = end::one(&state.database, session_id.clone(), state.now()).await;
    if ended.map_err(Problem::from)? {
        state.feed.grew();
        tracing::info!(session = %session_id, "signed out");
    }
    let mut response = HttpResponse::NoContent().finish();
    let cookie = if credential.in_cookie {
        Some(credential)
    } else {
        Credential::cookie_of(&request, &state, &session_id)
    };
    if let Some(cookie) = cookie {
        cookie.clear_cookie(&mut response, &state);
    }
    Ok(response)
}

/// The session a token belongs to. Only a refresh token may come in the cookie.
fn session_of(state: &State, credential: &Credential) -> Result<String, Rejection> {
    let token = PresentedToken::verify(state, &credential.unverified_token)?;
    if credential.in_cookie && matches!(token, PresentedToken::Access(_)) {
        return Err(Rejection::TokenType);
    }
    token.into_session_id().ok_or(Rejection::UserRequired)
}
