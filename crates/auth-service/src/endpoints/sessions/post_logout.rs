//! `POST /api/auth/logout`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::Rejection;
use service_kit::{
    ids::{SessionId, UserId},
    input::JsonBody,
    openapi::{
        BadRequest, PayloadTooLarge, RequestTimeout, Unauthorized, Unavailable,
        UnsupportedMediaType,
    },
};

use crate::{
    audit::{self, Event},
    http::{
        ApiError,
        any_token::AnyToken,
        credential::{Credential, RefreshBody},
        error_responses::CsrfFailed,
        user_context,
    },
    sessions::revoke::revoke,
    state::State,
};

/// Ends the session of the given token: an access or a refresh token, also a replaced or revoked one. Idempotent.
///
/// # Errors
/// 400 with several tokens, 401 for a token that this service did not issue or that has expired, 403 `csrf_failed`,
/// 503.
#[utoipa::path(
    post,
    path = "/api/auth/logout",
    tag = "sessions",
    request_body(content = Option<RefreshBody>),
    responses((status = 204, description = "The session has ended"), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, CsrfFailed, Unavailable),
    security(("access_token" = []), ("refresh_token" = []), ("refresh_cookie" = [], "csrf_token" = []), ()),
)]
pub(crate) async fn post_logout(
    request: HttpRequest,
    body: JsonBody<RefreshBody>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let credential = Credential::find(&request, body.0, &state).await?;
    let OwnedSession { session_id, user_id } = session_of(&state, &credential)
        .map_err(|rejection| credential.rejected(rejection, &state))?;
    credential.check_cookie_rules_if_cookie(&request, &state, &session_id).await?;
    let (id, context) = (session_id.clone(), user_context(&request, &state, &user_id));
    let entry = context.done(Event::UserLogout).about_user(&user_id);
    let revoked = audit::transaction(&state.database, move |transaction| {
        revoke(transaction, &id, context.at.seconds(), &entry)
    });
    if revoked.await? {
        state.feed.notify_written();
        tracing::info!(session = %session_id, "logged out");
    }
    let mut response = HttpResponse::NoContent().finish();
    let cookie = if credential.in_cookie {
        Some(credential)
    } else {
        Credential::cookie_for_session(&request, &state, &session_id)
    };
    if let Some(cookie) = cookie {
        cookie.clear_cookie(&mut response, &state);
    }
    Ok(response)
}

/// The session of a token, and its user.
struct OwnedSession {
    session_id: SessionId,
    user_id: UserId,
}

/// The session of a token. Only a refresh token may come in the cookie.
fn session_of(state: &State, credential: &Credential) -> Result<OwnedSession, Rejection> {
    let token = AnyToken::verify(state, &credential.unverified_token)?;
    if credential.in_cookie && matches!(token, AnyToken::Access(_)) {
        return Err(Rejection::TokenType);
    }
    let user_id = token.subject();
    let session_id = token.into_session_id().ok_or(Rejection::UserRequired)?;
    Ok(OwnedSession { session_id, user_id })
}
