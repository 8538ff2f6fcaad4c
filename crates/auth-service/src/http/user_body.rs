//! The JSON of a user.

use serde::Serialize;
use service_kit::timestamp::Timestamp;
use utoipa::ToSchema;

use crate::store::users::UserRow;

/// A user who has just been registered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserBody {
    id: String,
    username: String,
    email: String,
    #[schema(value_type = String)]
    created_at: Timestamp,
}

impl UserBody {
    /// The body.
    pub(crate) fn new(user: &UserRow) -> Self {
        Self {
            id: user.id.clone().into(),
            username: user.username.clone(),
            email: user.email.clone(),
            created_at: user.created_at.into(),
        }
    }
}

/// The caller's own user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnUserBody {
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
    #[schema(value_type = String)]
    created_at: Timestamp,
}

impl OwnUserBody {
    /// The body.
    pub(crate) fn new(user: &UserRow) -> Self {
        Self {
            id: user.id.clone().into(),
            username: user.username.clone(),
            email: user.email.clone(),
            email_verified: user.address.email_verified_at.is_some(),
            pending_email: user.address.pending_email.clone(),
            locale: user.address.locale.clone(),
            scope: user.scope.clone(),
            created_at: user.created_at.into(),
        }
    }
}
