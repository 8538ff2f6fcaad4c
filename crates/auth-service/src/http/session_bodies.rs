//! The JSON of a list of sessions, and of how many were ended.

use serde::Serialize;
use service_kit::{ids::SessionId, timestamp::Timestamp};
use utoipa::ToSchema;

use crate::store::sessions::SessionRow;

/// A list of sessions.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionsBody {
    sessions: Vec<SessionBody>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SessionBody {
    /// Whether it is the caller's own session.
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

impl SessionsBody {
    /// The list, with the caller's own session marked.
    pub(crate) fn new(rows: Vec<SessionRow>, current: Option<&SessionId>) -> Self {
        let body = |row| SessionBody::new(row, current);
        Self { sessions: rows.into_iter().map(body).collect() }
    }
}

impl SessionBody {
    fn new(session: SessionRow, current: Option<&SessionId>) -> Self {
        Self {
            current: current == Some(&session.id),
            created_at: session.created_at.into(),
            last_used_at: session.last_used_at.into(),
            expires_at: session.expires_at.into(),
            user_agent: session.user_agent,
            ip: session.ip,
            id: session.id.into(),
        }
    }
}

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct RevokedBody {
    #[schema(value_type = u64, example = 2)]
    pub(crate) revoked: usize,
}
