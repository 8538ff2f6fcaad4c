//! `GET /api/admin/users/{id}/sessions`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::openapi::{Unauthorized, Unavailable};

use crate::{
    http::{
        ApiError, NO_STORE,
        admin_caller::AdminCaller,
        admin_path::find_user,
        error_responses::{AdminForbidden, UserNotFound},
        session_bodies::SessionsBody,
    },
    sessions,
    state::State,
};

/// Lists a user's live sessions, newest first, up to the session cap. `current` marks the caller's own session.
///
/// # Errors
/// 401, also without a fresh token; 403 `insufficient_scope`; 404 `user_not_found`; 503.
#[utoipa::path(
    get,
    path = "/api/admin/users/{id}/sessions",
    tag = "administration",
    params(("id" = String, Path, description = "The user, a UUID")),
    responses((status = 200, body = SessionsBody), Unauthorized, AdminForbidden, UserNotFound, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn list_user_sessions(
    caller: AdminCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let user = find_user(&request, &state).await?;
    let max = state.settings.sessions_per_user;
    let rows = sessions::list(&state.database, user.id, max, state.now()).await?;
    let body = SessionsBody::new(rows, caller.session_id.as_ref());
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(body))
}
