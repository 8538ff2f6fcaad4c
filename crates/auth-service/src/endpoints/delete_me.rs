//! `DELETE /api/auth/me`

use actix_web::{HttpResponse, web::Data};
use claims::{Rejection, actix::FreshCaller};
use service_kit::openapi::{Forbidden, Unauthorized, Unavailable};
use service_kit::problem::Problem;

use super::problems;
use crate::{sessions::end, state::State};

/// Deletes the caller's user with every session.
///
/// # Errors
/// 401 `fresh_token_required`, 503.
#[utoipa::path(
    delete,
    path = "/api/auth/me",
    tag = "accounts",
    responses((status = 204, description = "The user and its sessions are gone"), Unauthorized, Forbidden, Unavailable),
    security(("access_token" = [])),
)]
pub async fn delete_me(
    caller: FreshCaller,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let (user_id, by) = (caller.user_id().to_owned(), caller.session_id().to_owned());
    let deleted = end::all_and_delete(&state.database, user_id, by, state.now()).await;
    if !deleted.map_err(Problem::from)? {
        return Err(problems::rejected(Rejection::Revoked, &state.settings.lifetimes));
    }
    state.feed.grew();
    tracing::info!(user = %caller.user_id(), "deleted");
    Ok(HttpResponse::NoContent().cookie(state.refresh_cookie.cleared()).finish())
}
