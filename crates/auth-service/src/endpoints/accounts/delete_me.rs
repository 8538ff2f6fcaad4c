//! `DELETE /api/auth/me`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::openapi::{Forbidden, Unauthorized, Unavailable};

use crate::{
    accounts::{DeleteError, Deletion},
    audit::Event,
    http::{ApiError, caller::FreshUser, error_responses::LastAdministratorStays, user_context},
    state::State,
};

/// Deletes the caller's user with every session.
///
/// # Errors
/// 401 `fresh_token_required`, 409 `last_administrator`, 503.
#[utoipa::path(
    delete,
    path = "/api/auth/me",
    tag = "accounts",
    responses((status = 204, description = "The user and all its sessions were deleted"), Unauthorized, Forbidden, LastAdministratorStays, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn delete_me(
    caller: FreshUser,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let context = user_context(&request, &state, &caller.user_id);
    let (user_id, own_session) = (caller.user_id.clone(), Some(caller.session_id));
    let deletion = Deletion { user_id, own_session, by: None, expected: None };
    let deleted = deletion.apply(&state.database, context.clone()).await;
    state.feed.notify_written();
    deleted.inspect_err(|error| {
        if let DeleteError::Rejected(rejection) = error
            && let Some(reason) = rejection.audited_as()
        {
            let entry = context.refused(Event::AdminRefused, reason);
            state.refused_calls.add(entry.about_user(&caller.user_id));
        }
    })?;
    tracing::info!(user = %caller.user_id, "deleted");
    Ok(HttpResponse::NoContent().cookie(state.refresh_cookie.removal()).finish())
}
