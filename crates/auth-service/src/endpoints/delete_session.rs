//! `DELETE /api/auth/sessions/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::actix::UserCaller;
use service_kit::openapi::{Forbidden, NotFound, Unauthorized, Unavailable};
use service_kit::problem::Problem;

use super::problems;
use crate::{ids::SessionId, sessions::end, state::State};

/// Ends one of the caller's sessions. Someone else's id, and what is no UUID, answers as an unknown one.
///
/// # Errors
/// 401, 404, 503.
#[utoipa::path(
    delete,
    path = "/api/auth/sessions/{id}",
    tag = "sessions",
    params(("id" = String, Path, description = "The session, a UUID")),
    responses((status = 204, description = "The session is over"), Unauthorized, Forbidden, NotFound, Unavailable),
    security(("access_token" = [])),
)]
pub async fn delete_session(
    caller: UserCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let id = SessionId::parse(request.match_info().query("id"));
    let id = id.ok_or_else(problems::session_not_found)?;
    let user_id = caller.user_id().to_owned();
    end::one_of_user(&state.database, user_id, id.into(), state.now())
        .await?
        .ok_or_else(problems::session_not_found)?;
    state.feed.grew();
    Ok(HttpResponse::NoContent().finish())
}
