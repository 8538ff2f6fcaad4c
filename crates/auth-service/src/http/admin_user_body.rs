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
    /// Whether the user has proven that the address is theirs.
    email_verified: bool,
    /// A new address whose link is not used yet.
    pending_email: Option<String>,
    /// The language of mails to the user.
    #[schema(example = "es")]
    locale: Option<String>,
    scope: String,
    /// Further claims of the user's access tokens.
    #[schema(value_type = Option<Object>)]
    ext: Option<Map<String, Value>>,
    /// `null` while the user may log in.
    disabled: Option<DisabledBody>,
    /// Whether the user can log in with a password.
    has_password: bool,
    #[schema(value_type = String)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>)]
    last_login_at: Option<Timestamp>,
}

/// Since when a user may not log in, and why.
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
            email_verified: user.address.email_verified_at.is_some(),
            pending_email: user.address.pending_email.clone(),
            locale: user.address.locale.clone(),
            scope: user.scope.clone(),
            ext: user.ext.as_deref().and_then(|ext| serde_json::from_str(ext).ok()),
            disabled,
            has_password: has_password(user),
            created_at: user.created_at.into(),
            last_login_at: user.last_login_at.map(Into::into),
        }
    }
}
