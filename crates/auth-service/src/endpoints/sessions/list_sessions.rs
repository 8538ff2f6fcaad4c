//! `GET /api/auth/sessions`

use actix_web::{HttpResponse, web::Data};
use claims::actix::UserCaller;
use serde::Serialize;
use service_kit::openapi::{Forbidden, Unauthorized, Unavailable};
use utoipa::ToSchema;

use crate::{
    http::{ApiError, NO_STORE},
    state::State,
    store::{self, sessions::SessionRow},
    timestamps::rfc3339,
};

#[derive(Serialize, ToSchema)]
pub(crate) struct SessionsBody {
    sessions: Vec<SessionBody>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SessionBody {
    current: bool,
    created_at: String,
    last_used_at: String,
    expires_at: String,
    user_agent: Option<String>,
    ip: Option<String>,
    id: String,
}

impl SessionBody {
    fn new(session: SessionRow, current: &str) -> Self {
        Self {
            current: session.id == current,
            created_at: rfc3339(session.created_at),
            last_used_at: rfc3339(session.last_used_at),
            expires_at: rfc3339(session.expires_at),
            user_agent: session.user_agent,
            ip: session.ip,
            id: session.id,
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
pub async fn list_sessions(
    caller: UserCaller,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let (user_id, now) = (caller.user_id().to_owned(), state.now());
    let most = state.settings.sessions_per_user;
    let rows = state
        .database
        .read(move |connection| store::sessions::live_of_user(connection, &user_id, now, most))
        .await?;
    let current = caller.session_id();
    let sessions = rows.into_iter().map(|row| SessionBody::new(row, current)).collect();
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(SessionsBody { sessions }))
}
