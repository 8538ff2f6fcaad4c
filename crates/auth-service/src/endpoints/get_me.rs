//! `GET /api/auth/me`

use actix_web::{HttpResponse, web::Data};
use claims::{Rejection, actix::UserCaller};
use service_kit::openapi::{Forbidden, Unauthorized, Unavailable};
use service_kit::problem::Problem;

use super::{
    problems,
    responses::{NO_STORE, UserBody},
};
use crate::{
    state::State,
    store::{self, users::UserRow},
};

/// The caller's own user.
///
/// # Errors
/// 401, 503.
#[utoipa::path(
    get,
    path = "/api/auth/me",
    tag = "accounts",
    responses((status = 200, body = UserBody), Unauthorized, Forbidden, Unavailable),
    security(("access_token" = [])),
)]
pub async fn get_me(
    caller: UserCaller,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let user = own_user(&caller, &state).await?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(UserBody::with_scope(&user)))
}

/// The caller's row. A user deleted since is a token revoked.
///
/// # Errors
/// 401 `token_revoked`, 503.
pub async fn own_user(caller: &UserCaller, state: &State) -> Result<UserRow, actix_web::Error> {
    let id = caller.user_id().to_owned();
    let user = state.database.read(move |connection| store::users::by_id(connection, &id)).await;
    user.map_err(Problem::from)?
        .ok_or_else(|| problems::rejected(Rejection::Revoked, &state.settings.lifetimes))
}
