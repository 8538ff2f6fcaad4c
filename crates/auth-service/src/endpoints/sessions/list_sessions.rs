//! `GET /api/auth/sessions`

use actix_web::{HttpResponse, web::Data};
use service_kit::openapi::{Forbidden, Unauthorized, Unavailable};

use crate::{
    http::{ApiError, NO_STORE, caller::SignedInUser, session_bodies::SessionsBody},
    sessions,
    state::State,
};

/// Lists the caller's live sessions, newest first, up to the session cap.
///
/// # Errors
/// 401, 503.
#[utoipa::path(
    get,
    path = "/api/auth/sessions",
    tag = "sessions",
    responses((status = 200, body = SessionsBody), Unauthorized, Forbidden, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn list_sessions(
    caller: SignedInUser,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let max = state.settings.sessions_per_user;
    let rows = sessions::list(&state.database, caller.user_id, max, state.now()).await?;
    let body = SessionsBody::new(rows, Some(&caller.session_id));
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(body))
}
