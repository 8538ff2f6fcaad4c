//! `GET /api/auth/sessions`

use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use service_kit::{
    ids::SessionId,
    openapi::{Forbidden, Unauthorized, Unavailable},
    timestamp::Timestamp,
};
use utoipa::ToSchema;

use crate::{
    http::{ApiError, NO_STORE, caller::SignedInUser},
    sessions,
    state::State,
    store::sessions::SessionRow,
};

#[derive(Serialize, ToSchema)]
pub(crate) struct SessionsBody {
    sessions: Vec<SessionBody>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SessionBody {
    current: bool,
    #[schema(value_type = String)]
    created_at: Timestamp,
    #[schema(value_type = String)]
    last_used_at: Timestamp,
    #[schema(value_type = String)]
    expires_at: Timestamp,
    user_agent: Option<String>,
    ip: Option<String>,
    id: String,
}

impl SessionBody {
    fn new(session: SessionRow, current: &SessionId) -> Self {
        Self {
            current: session.id == *current,
            created_at: session.created_at.into(),
            last_used_at: session.last_used_at.into(),
            expires_at: session.expires_at.into(),
            user_agent: session.user_agent,
            ip: session.ip,
            id: session.id.into(),
        }
    }
}

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
    let most = state.settings.sessions_per_user;
    let rows = sessions::list(&state.database, caller.user_id, most, state.now()).await?;
    let current = caller.session_id;
    let sessions = rows.into_iter().map(|row| SessionBody::new(row, &current)).collect();
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(SessionsBody { sessions }))
}
