//! `DELETE /api/auth/me`

use actix_web::{HttpResponse, web::Data};
use claims::actix::FreshCaller;
use service_kit::problem::Problem;

use super::cookie;
use crate::{sessions::end, state::State};

/// Deletes the caller's user with every session.
///
/// # Errors
/// 401 `fresh_token_required`, 503.
pub async fn delete_me(caller: FreshCaller, state: Data<State>) -> Result<HttpResponse, Problem> {
    let user_id = caller.user_id().to_owned();
    end::all_and_delete(&state.database, user_id, state.now()).await?;
    state.feed.grew();
    tracing::info!(user = %caller.user_id(), "deleted");
    Ok(HttpResponse::NoContent().cookie(cookie::cleared(&state.settings)).finish())
}
