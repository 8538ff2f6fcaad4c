//! `GET /api/users/me`: the caller's own row.

use actix_web::{HttpResponse, web::Data};
use claims::actix::UserCaller;
use service_kit::{
    openapi::{Forbidden, Unauthorized, Unavailable},
    problem::Problem,
};

use super::{UserNotFound, no_store_response, user_not_found, viewer_of};
use crate::{state::UsersState, store, users::user::User};

/// The caller's own user. Any access token of a person is accepted. 404 if the user was deleted after it was signed.
#[utoipa::path(
    get,
    path = "/api/users/me",
    tag = "users",
    responses((status = 200, body = User<'static>), Unauthorized, Forbidden, UserNotFound, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn get_own_user(
    caller: UserCaller,
    state: Data<UsersState>,
) -> Result<HttpResponse, Problem> {
    let id = caller.user_id().to_owned();
    let row = state.database.read(move |connection| store::users::by_id(connection, &id)).await?;
    let row = row.ok_or_else(user_not_found)?;
    Ok(no_store_response().json(User::for_viewer(viewer_of(&caller), &row)))
}
