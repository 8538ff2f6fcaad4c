//! `GET /api/auth/me`

use actix_web::{HttpResponse, web::Data};
use claims::Rejection;
use service_kit::openapi::{Forbidden, Unauthorized, Unavailable};

use crate::{
    accounts,
    http::{ApiError, NO_STORE, caller::SignedInUser, user_body::OwnUserBody},
    state::State,
};

/// Returns the caller's own user.
///
/// # Errors
/// 401, 503.
#[utoipa::path(
    get,
    path = "/api/auth/me",
    tag = "accounts",
    responses((status = 200, body = OwnUserBody), Unauthorized, Forbidden, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn get_me(
    caller: SignedInUser,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let user = accounts::find_user(&state.database, caller.user_id).await?;
    // If the user was deleted, the token counts as revoked.
    let user = user.ok_or(Rejection::Revoked)?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(OwnUserBody::new(&user)))
}
