//! `DELETE /api/admin/users/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::openapi::{Unauthorized, Unavailable};

use crate::{
    accounts::{DeleteError, Deletion},
    http::{
        ApiError,
        admin_caller::AdminCaller,
        admin_path::user_id,
        error_responses::{AdminConflict, AdminForbidden, PreconditionFailed, UserNotFound},
        if_match::expected_revisions,
    },
    state::State,
};

/// Deletes a user with every session.
///
/// # Errors
/// 401, also without a fresh token; 403 `insufficient_scope`; 404 `user_not_found`; 409 `last_administrator`; 412
/// `precondition_failed`; 503.
#[utoipa::path(
    delete,
    path = "/api/admin/users/{id}",
    tag = "administration",
    params(
        ("id" = String, Path, description = "The user, a UUID"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the user must have"),
    ),
    responses((status = 204, description = "The user and all its sessions were deleted"), Unauthorized, AdminForbidden, UserNotFound, AdminConflict, PreconditionFailed, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn delete_user(
    caller: AdminCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let (user_id, expected) = (user_id(&request)?, expected_revisions(&request));
    let by = caller.rights.clone();
    let deletion = Deletion { user_id: user_id.clone(), own_session: None, by, expected };
    let deleted = deletion.apply(&state.database, caller.context.clone()).await;
    state.feed.notify_written();
    deleted.inspect_err(|error| {
        if let DeleteError::Rejected(rejection) = error {
            caller.audit_refused_call(&state, rejection.audited_as(), Some(&user_id));
        }
    })?;
    tracing::info!(user = %user_id, "deleted by an administrator");
    Ok(HttpResponse::NoContent().finish())
}
