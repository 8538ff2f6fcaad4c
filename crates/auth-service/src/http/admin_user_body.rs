//! A user as administrators see it.

use serde::Serialize;
use serde_json::{Map, Value};
use service_kit::timestamp::Timestamp;
use utoipa::ToSchema;

use crate::{accounts::has_password, store::users::UserRow};

/// A user as administrators see it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminUserBody {
    id: String,
    username: String,
    email: String,
    scope: String,
    /// Further claims of the user's access tokens.
    #[schema(value_type = Option<Object>)]
    ext: Option<Map<String, Value>>,
    /// `null` while the user may sign in.
    disabled: Option<DisabledBody>,
    /// Whether the user can sign in with a password.
    has_password: bool,
    #[schema(value_type = String)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>)]
    last_login_at: Option<Timestamp>,
}

/// Since when a user may not sign in, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DisabledBody {
    #[schema(value_type = String)]
    at: Timestamp,
    reason: Option<String>,
}

impl From<&UserRow> for AdminUserBody {
    fn from(user: &UserRow) -> Self {
        let disabled = user
            .disabled_at
            .map(|at| DisabledBody { at: at.into(), reason: user.disabled_reason.clone() });
        Self {
            id: user.id.clone().into(),
            username: user.username.clone(),
            email: user.email.clone(),
            scope: user.scope.clone(),
            ext: user.ext.as_deref().and_then(|ext| serde_json::from_str(ext).ok()),
            disabled,
            has_password: has_password(user),
            created_at: user.created_at.into(),
            last_login_at: user.last_login_at.map(Into::into),
        }
    }
}
