//! The JSON of a user.

use serde::Serialize;
use service_kit::timestamp::Timestamp;
use utoipa::ToSchema;

use crate::store::users::UserRow;

/// The caller's own user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserBody {
    id: String,
    username: String,
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[schema(value_type = String)]
    created_at: Timestamp,
}

impl UserBody {
    /// Without the scopes, for the response to a registration.
    pub(crate) fn new(user: &UserRow) -> Self {
        Self {
            id: user.id.clone().into(),
            username: user.username.clone(),
            email: user.email.clone(),
            scope: None,
            created_at: user.created_at.into(),
        }
    }

    /// With the scopes.
    pub(crate) fn with_scope(user: &UserRow) -> Self {
        Self { scope: Some(user.scope.clone()), ..Self::new(user) }
    }
}
