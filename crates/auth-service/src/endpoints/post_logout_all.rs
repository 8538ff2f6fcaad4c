//! `POST /api/auth/logout-all`

use crate::endpoints::schemas::RevokedBody;
use actix_web::{HttpResponse, web::Data};
use claims::actix::UserCaller;
use serde_json::json;
use service_kit::openapi::{Forbidden, Unauthorized, Unavailable};
use service_kit::problem::Problem;

use crate::{sessions::end, state::State};

/// Ends every session of the caller.
///
/// # Errors
/// 401, 503.
#[utoipa::path(
    post,
    path = "/api/auth/logout-all",
    tag = "sessions",
    responses((status = 200, body = RevokedBody), Unauthorized, Forbidden, Unavailable),
    security(("access_token" = [])),
)]
pub async fn post_logout_all(
    caller: UserCaller,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let user_id = caller.user_id().to_owned();
    let revoked = end::all_of_user(&state.database, user_id, state.now()).await?;
    state.feed.grew();
    tracing::info!(user = %caller.user_id(), revoked, "signed out everywhere");
    let cleared = state.refresh_cookie.cleared();
    Ok(HttpResponse::Ok().cookie(cleared).json(json!({ "revoked": revoked })))
}
