//! `DELETE /api/admin/users/{id}/sessions`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::openapi::{Unauthorized, Unavailable};

use crate::{
    audit::Event,
    http::{
        ApiError, NO_STORE,
        admin_caller::AdminCaller,
        admin_path::find_user,
        error_responses::{AdminForbidden, UserNotFound},
        session_bodies::RevokedBody,
    },
    sessions::revoke::revoke_all,
    state::State,
};

/// Ends every session of a user. The user may log in again.
///
/// # Errors
/// 401, also without a fresh token; 403 `insufficient_scope`; 404 `user_not_found`; 503.
#[utoipa::path(
    delete,
    path = "/api/admin/users/{id}/sessions",
    tag = "administration",
    params(("id" = String, Path, description = "The user, a UUID")),
    responses((status = 200, body = RevokedBody), Unauthorized, AdminForbidden, UserNotFound, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn delete_user_sessions(
    caller: AdminCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let user = find_user(&request, &state).await?;
    let (context, user_id) = (caller.context, user.id.clone());
    let entry = context.done(Event::SessionEnded).because("administrator");
    let revoked = revoke_all(&state.database, user.id, context.at.seconds(), entry).await;
    state.feed.notify_written();
    let revoked = revoked?;
    tracing::info!(user = %user_id, revoked, "sessions ended by an administrator");
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(RevokedBody { revoked }))
}
