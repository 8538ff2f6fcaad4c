//! `GET /api/users/{id}`: one user.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::actix::{UsersRead, WithScope};
use service_kit::{
    ids::UserId,
    openapi::{Forbidden, Unauthorized, Unavailable},
    problem::Problem,
};

use super::{UserNotFound, no_store_response, user_not_found, viewer_of};
use crate::{state::UsersState, store, users::user::User};

/// Returns one user. Needs `users:read`. An id that is not a UUID is answered like an unknown id.
#[utoipa::path(
    get,
    path = "/api/users/{id}",
    tag = "users",
    params(("id" = String, Path, description = "The user's id, a UUID")),
    responses((status = 200, body = User<'static>), Unauthorized, Forbidden, UserNotFound, Unavailable),
    security(("access_token" = ["users:read"])),
)]
pub(crate) async fn get_user(
    caller: WithScope<UsersRead>,
    request: HttpRequest,
    state: Data<UsersState>,
) -> Result<HttpResponse, Problem> {
    let id = UserId::parse(request.match_info().query("id")).ok_or_else(user_not_found)?;
    let row =
        state.database.read(move |connection| store::users::by_id(connection, id.as_str())).await?;
    let row = row.ok_or_else(user_not_found)?;
    Ok(no_store_response().json(User::for_viewer(viewer_of(&caller), &row)))
}
