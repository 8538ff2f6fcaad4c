//! Who made an invite or a password link. When it is used, it works only if that person could still make it.

use claims::scope::USERS_ADMIN;
use database::{AnyConnection, DatabaseError};
use serde::{Deserialize, Serialize};
use service_kit::ids::{ClientId, UserId};

use crate::{
    audit::Actor,
    store::{self, DbResult},
};

/// Who made an invite or a password link, in the form that is stored with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum GrantedBy {
    /// A person at the command line, who may grant every scope.
    Operator,
    /// A user, by id.
    User(String),
    /// A service account, by id.
    Client(String),
}

impl GrantedBy {
    /// The maker of what this actor asks for. An error for an actor who may make neither.
    pub(super) fn of(actor: &Actor) -> DbResult<Self> {
        match actor {
            Actor::User(id) => Ok(Self::User(id.to_string())),
            Actor::Client(id) => Ok(Self::Client(id.to_string())),
            Actor::Operator => Ok(Self::Operator),
            Actor::System | Actor::Anonymous => Err(DatabaseError::Internal(
                "an invite or a password link needs a maker".to_owned(),
            )),
        }
    }

    /// Whether the maker is still an administrator and has all these scopes, which are separated by spaces.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub(super) fn may_grant(&self, connection: &mut AnyConnection, scopes: &str) -> DbResult<bool> {
        let held = match self {
            Self::Operator => return Ok(true),
            Self::User(id) => {
                let user = store::users::by_id(connection, &UserId::from_trusted(id.clone()))?;
                user.filter(|user| user.disabled_at.is_none()).map(|user| user.scope)
            }
            Self::Client(id) => {
                let client =
                    store::clients::by_id(connection, &ClientId::from_trusted(id.clone()))?;
                client.filter(|client| client.disabled_at.is_none()).map(|client| client.scope)
            }
        };
        let held = held.unwrap_or_default();
        let held: Vec<_> = held.split_ascii_whitespace().collect();
        let has_all = scopes.split_ascii_whitespace().all(|scope| held.contains(&scope));
        Ok(held.contains(&USERS_ADMIN) && has_all)
    }
}
