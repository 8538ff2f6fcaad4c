//! `DELETE /api/auth/me`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::openapi::{Forbidden, Unauthorized, Unavailable};

use crate::{
    accounts,
    http::{ApiError, caller::FreshUser, user_context},
    state::State,
};

/// Deletes the caller's user with every session.
///
/// # Errors
/// 401 `fresh_token_required`, 503.
#[utoipa::path(
    delete,
    path = "/api/auth/me",
    tag = "accounts",
    responses((status = 204, description = "The user and all its sessions were deleted"), Unauthorized, Forbidden, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn delete_me(
    caller: FreshUser,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let context = user_context(&request, &state, &caller.user_id);
    let (user_id, session_id) = (caller.user_id.clone(), caller.session_id);
    accounts::delete(&state.database, user_id, session_id, &context).await?;
    state.feed.notify_written();
    tracing::info!(user = %caller.user_id, "deleted");
    Ok(HttpResponse::NoContent().cookie(state.refresh_cookie.removal()).finish())
}
