//! The user and the session that the path of an administrator's route names.

use actix_web::HttpRequest;
use service_kit::ids::{SessionId, UserId};

use super::ApiError;
use crate::{accounts, state::State, store::users::UserRow};

/// The user's id.
///
/// # Errors
/// 404 `user_not_found` for a text that is not an id.
pub(crate) fn user_id(request: &HttpRequest) -> Result<UserId, ApiError> {
    UserId::parse(request.match_info().query("id")).ok_or_else(ApiError::user_not_found)
}

/// The session's id.
///
/// # Errors
/// 404 `not_found` for a text that is not an id.
pub(crate) fn session_id(request: &HttpRequest) -> Result<SessionId, ApiError> {
    SessionId::parse(request.match_info().query("sid")).ok_or_else(ApiError::session_not_found)
}

/// The user.
///
/// # Errors
/// 404 `user_not_found`, 503.
pub(crate) async fn find_user(request: &HttpRequest, state: &State) -> Result<UserRow, ApiError> {
    let found = accounts::find_user(&state.database, user_id(request)?).await?;
    found.ok_or_else(ApiError::user_not_found)
}
