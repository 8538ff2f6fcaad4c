//! `DELETE /api/auth/sessions/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::{
    ids::SessionId,
    openapi::{Forbidden, NotFound, Unauthorized, Unavailable},
};

use crate::{
    audit::{self, Event},
    http::{ApiError, caller::SignedInUser, user_context},
    sessions::revoke::revoke_own,
    state::State,
};

/// Ends one of the caller's sessions. Another user's session and a malformed id answer 404, like an unknown one.
///
/// # Errors
/// 401, 404, 503.
#[utoipa::path(
    delete,
    path = "/api/auth/sessions/{id}",
    tag = "sessions",
    params(("id" = String, Path, description = "The session, a UUID")),
    responses((status = 204, description = "The session has ended"), Unauthorized, Forbidden, NotFound, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn delete_session(
    caller: SignedInUser,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let id = SessionId::parse(request.match_info().query("id"));
    let id = id.ok_or_else(ApiError::session_not_found)?;
    let context = user_context(&request, &state, &caller.user_id);
    let entry = context.done(Event::SessionEnded).because("by_owner").about_user(&caller.user_id);
    let revoked = audit::transaction(&state.database, move |transaction| {
        revoke_own(transaction, &caller.user_id, &id, context.at.seconds(), &entry)
    });
    if !revoked.await? {
        return Err(ApiError::session_not_found());
    }
    state.feed.notify_written();
    Ok(HttpResponse::NoContent().finish())
}
