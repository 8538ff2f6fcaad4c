//! `POST /api/admin/users/{id}/unblock`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::openapi::{Unauthorized, Unavailable};

use crate::{
    accounts,
    http::{
        ApiError,
        admin_caller::AdminCaller,
        admin_path::find_user,
        error_responses::{AdminForbidden, UserNotFound},
    },
    state::State,
};

/// Deletes the failed log-ins of a user, so that the user can log in again at once.
///
/// # Errors
/// 401, also without a fresh token; 403 `insufficient_scope`; 404 `user_not_found`; 503.
#[utoipa::path(
    post,
    path = "/api/admin/users/{id}/unblock",
    tag = "administration",
    params(("id" = String, Path, description = "The user, a UUID")),
    responses((status = 204, description = "The user is not blocked any more"), Unauthorized, AdminForbidden, UserNotFound, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn post_unblock(
    caller: AdminCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let user = find_user(&request, &state).await?;
    let (database, keys) = (&state.database, &state.attempt_keys);
    accounts::unblock(database, keys, &user, &caller.context).await?;
    Ok(HttpResponse::NoContent().finish())
}
