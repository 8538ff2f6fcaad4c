//! `GET /api/admin/users/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::openapi::{Unauthorized, Unavailable};

use crate::{
    http::{
        ApiError, NO_STORE,
        admin_caller::AdminCaller,
        admin_path::find_user,
        admin_user_body::AdminUserBody,
        error_responses::{AdminForbidden, UserNotFound},
        if_match::etag,
    },
    state::State,
};

/// Returns a user. Its `ETag` changes with each change by an administrator or the user, and not with a log-in.
///
/// # Errors
/// 401, also without a fresh token; 403 `insufficient_scope`; 404 `user_not_found`; 503.
#[utoipa::path(
    get,
    path = "/api/admin/users/{id}",
    tag = "administration",
    params(("id" = String, Path, description = "The user, a UUID")),
    responses((status = 200, body = AdminUserBody, headers(("ETag" = String, description = "The revision of the user"))), Unauthorized, AdminForbidden, UserNotFound, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn get_user(
    _: AdminCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let user = find_user(&request, &state).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header(NO_STORE).insert_header(etag(&user));
    Ok(response.json(AdminUserBody::from(&user)))
}
