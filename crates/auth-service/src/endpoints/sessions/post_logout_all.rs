//! `POST /api/auth/logout-all`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::openapi::{Forbidden, Unauthorized, Unavailable};

use crate::{
    audit::Event,
    http::{ApiError, caller::SignedInUser, session_bodies::RevokedBody, user_context},
    sessions::revoke::revoke_all,
    state::State,
};

/// Ends every session of the caller.
///
/// # Errors
/// 401, 503.
#[utoipa::path(
    post,
    path = "/api/auth/logout-all",
    tag = "sessions",
    responses((status = 200, body = RevokedBody), Unauthorized, Forbidden, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn post_logout_all(
    caller: SignedInUser,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let context = user_context(&request, &state, &caller.user_id);
    let entry = context.done(Event::UserLogout).because("everywhere");
    let (user_id, now) = (caller.user_id.clone(), context.at.seconds());
    let revoked = revoke_all(&state.database, user_id, now, entry).await?;
    state.feed.notify_written();
    tracing::info!(user = %caller.user_id, revoked, "logged out everywhere");
    let cleared = state.refresh_cookie.removal();
    Ok(HttpResponse::Ok().cookie(cleared).json(RevokedBody { revoked }))
}
