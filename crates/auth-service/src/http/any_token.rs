//! An access or a refresh token, for requests that accept both.

use claims::{AccessToken, RefreshToken, Rejection, verify_access, verify_refresh};

use service_kit::ids::{SessionId, UserId};

use super::local_authenticator::local_token_policy;
use crate::state::State;

/// A token of this service with a valid signature and valid claims. Its session may have ended.
#[derive(Clone, Debug)]
pub(crate) enum AnyToken {
    /// An access token.
    Access(AccessToken),
    /// A refresh token.
    Refresh(RefreshToken),
}

impl AnyToken {
    /// Verifies an access or a refresh token.
    ///
    /// # Errors
    /// Why it is not valid.
    pub(crate) fn verify(state: &State, unverified_token: &str) -> Result<Self, Rejection> {
        let (keys, policy, now) =
            (state.keyring.keys(), local_token_policy(state), state.now().as_i64());
        match verify_refresh(unverified_token, &keys.verifying, &policy, now) {
            Ok(token) => Ok(Self::Refresh(token)),
            Err(Rejection::TokenType) => {
                verify_access(unverified_token, &keys.verifying, &policy, now).map(Self::Access)
            }
            Err(rejection) => Err(rejection),
        }
    }

    /// The user that it names; of a service account's token the account.
    pub(crate) fn subject(&self) -> UserId {
        let subject = match self {
            Self::Access(token) => token.sub.clone(),
            Self::Refresh(token) => token.sub.clone(),
        };
        UserId::from_trusted(subject)
    }

    /// The session it belongs to; a service account's token has none.
    pub(crate) fn into_session_id(self) -> Option<SessionId> {
        let id = match self {
            Self::Access(token) => token.into_claims().sid,
            Self::Refresh(token) => Some(token.into_claims().sid),
        };
        id.map(SessionId::from_trusted)
    }
}
