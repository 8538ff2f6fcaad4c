//! `DELETE /api/admin/users/{id}/sessions/{sid}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::openapi::{NotFound, Unauthorized, Unavailable};

use crate::{
    audit::{self, Event},
    http::{
        ApiError,
        admin_caller::AdminCaller,
        admin_path::{session_id, user_id},
        error_responses::AdminForbidden,
    },
    sessions::revoke::revoke_own,
    state::State,
};

/// Ends one session of a user. A session of another user answers 404, like an unknown one.
///
/// # Errors
/// 401, also without a fresh token; 403 `insufficient_scope`; 404; 503.
#[utoipa::path(
    delete,
    path = "/api/admin/users/{id}/sessions/{sid}",
    tag = "administration",
    params(
        ("id" = String, Path, description = "The user, a UUID"),
        ("sid" = String, Path, description = "The session, a UUID"),
    ),
    responses((status = 204, description = "The session has ended"), Unauthorized, AdminForbidden, NotFound, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn delete_user_session(
    caller: AdminCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let (user_id, session_id) = (user_id(&request)?, session_id(&request)?);
    let (now, entry) = (caller.context.at.seconds(), caller.context.done(Event::SessionEnded));
    let entry = entry.because("administrator").about_user(&user_id);
    let revoked = audit::transaction(&state.database, move |transaction| {
        revoke_own(transaction, &user_id, &session_id, now, &entry)
    });
    if !revoked.await? {
        return Err(ApiError::session_not_found());
    }
    state.feed.notify_written();
    Ok(HttpResponse::NoContent().finish())
}
