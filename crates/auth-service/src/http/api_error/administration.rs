//! Errors of administrators' calls as responses.

use std::borrow::Cow;

use actix_web::http::{
    StatusCode,
    header::{HeaderValue, WWW_AUTHENTICATE},
};
use claims::Rejection;
use service_kit::problem::Problem;

use super::ApiError;
use crate::accounts::{
    CallerRightsChanged, DeleteError, DeleteRejection, LastAdministrator, NewUserError,
    PasswordLinkError, PasswordLinkRejection, UpdateError, UpdateRejection,
};

impl ApiError {
    /// 403 `insufficient_scope` for a scope that the caller does not have, and so cannot grant.
    fn scope_not_held(scope: &str) -> Self {
        let detail = "A scope is granted only by a caller who has it";
        let problem = insufficient_scope(scope, detail);
        problem.with_field("scope", format!("cannot grant {scope}")).into()
    }

    /// 403 `insufficient_scope` for a change that would let the caller use the rights of a user who has this scope,
    /// which the caller does not have.
    fn user_has_more_rights(scope: &str) -> Self {
        let detail = format!("The user has the scope {scope}, which the caller does not have");
        insufficient_scope(scope, detail).into()
    }

    /// 412 `precondition_failed`.
    fn precondition_failed() -> Self {
        let detail = "The user was changed meanwhile: read it again";
        Problem::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail).into()
    }
}

/// 403 `insufficient_scope` with the challenge that names the scope (RFC 6750 §3.1).
fn insufficient_scope(scope: &str, detail: impl Into<Cow<'static, str>>) -> Problem {
    // Scopes have no quotes and no backslashes (RFC 6749 §3.3).
    let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
    match HeaderValue::try_from(challenge) {
        Ok(challenge) => Problem::new(StatusCode::FORBIDDEN, "insufficient_scope", detail)
            .with_header(WWW_AUTHENTICATE, challenge),
        Err(error) => Problem::internal(error),
    }
}

impl From<LastAdministrator> for ApiError {
    fn from(_: LastAdministrator) -> Self {
        let detail = "The last administrator cannot be disabled, demoted or deleted";
        Problem::new(StatusCode::CONFLICT, "last_administrator", detail).into()
    }
}

impl From<CallerRightsChanged> for ApiError {
    fn from(_: CallerRightsChanged) -> Self {
        Rejection::Stale.into()
    }
}

impl From<NewUserError> for ApiError {
    fn from(error: NewUserError) -> Self {
        match error {
            NewUserError::Taken(field) => field.into(),
            NewUserError::CallerRightsChanged(error) => error.into(),
            NewUserError::Database(error) => error.into(),
        }
    }
}

impl From<UpdateRejection> for ApiError {
    fn from(rejection: UpdateRejection) -> Self {
        match rejection {
            UpdateRejection::UserGone => Self::user_not_found(),
            UpdateRejection::Changed => Self::precondition_failed(),
            UpdateRejection::ScopeNotHeld(scope) => Self::scope_not_held(&scope),
            UpdateRejection::UserHasMoreRights(scope) => Self::user_has_more_rights(&scope),
            UpdateRejection::UnknownScope(unknown) => {
                Problem::invalid_request("A scope is not known")
                    .with_field("scope", unknown.to_string())
                    .into()
            }
            UpdateRejection::LastAdministrator(error) => error.into(),
            UpdateRejection::CallerRightsChanged(error) => error.into(),
        }
    }
}

impl From<UpdateError> for ApiError {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Rejected(rejection) => rejection.into(),
            UpdateError::Taken(field) => field.into(),
            UpdateError::Database(error) => error.into(),
        }
    }
}

impl From<PasswordLinkError> for ApiError {
    fn from(error: PasswordLinkError) -> Self {
        let rejection = match error {
            PasswordLinkError::Rejected(rejection) => rejection,
            PasswordLinkError::Database(error) => return error.into(),
        };
        match rejection {
            PasswordLinkRejection::UserGone => Self::user_not_found(),
            PasswordLinkRejection::Disabled => {
                let detail = "The user is disabled, so a link would not work";
                Problem::new(StatusCode::CONFLICT, "user_disabled", detail).into()
            }
            PasswordLinkRejection::UserHasMoreRights(scope) => Self::user_has_more_rights(&scope),
            PasswordLinkRejection::CallerRightsChanged(error) => error.into(),
        }
    }
}

impl From<DeleteError> for ApiError {
    fn from(error: DeleteError) -> Self {
        match error {
            DeleteError::Rejected(DeleteRejection::UserGone) => Self::user_not_found(),
            DeleteError::Rejected(DeleteRejection::SessionEnded) => Rejection::Revoked.into(),
            DeleteError::Rejected(DeleteRejection::Changed) => Self::precondition_failed(),
            DeleteError::Rejected(DeleteRejection::LastAdministrator(error)) => error.into(),
            DeleteError::Rejected(DeleteRejection::CallerRightsChanged(error)) => error.into(),
            DeleteError::Database(error) => error.into(),
        }
    }
}
