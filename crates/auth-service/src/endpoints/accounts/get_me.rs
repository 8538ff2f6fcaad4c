//! `GET /api/auth/me`

use actix_web::{HttpResponse, web::Data};
use claims::{Rejection, actix::UserCaller};
use service_kit::openapi::{Forbidden, Unauthorized, Unavailable};

use crate::{
    http::{ApiError, NO_STORE, user_body::UserBody},
    state::State,
    store,
};

/// Returns the caller's own user.
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
pub async fn get_me(caller: UserCaller, state: Data<State>) -> Result<HttpResponse, ApiError> {
    let id = caller.user_id().to_owned();
    let user = state.database.read(move |connection| store::users::by_id(connection, &id)).await?;
    // If the user was deleted, the token counts as revoked.
    let user = user.ok_or(Rejection::Revoked)?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(UserBody::with_scope(&user)))
}
