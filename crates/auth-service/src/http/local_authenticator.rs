//! Authenticates access tokens on this service's own routes.
//!
//! Unlike a remote verifier, this service reads its own tables. So it refuses tokens of a session that was ended on any
//! replica, and of a disabled service account, at once.

use actix_web::web::Data;
use claims::{
    AccessToken, Policy, Rejection, VerifyError,
    actix::{AuthFuture, Authenticator},
    verify_access,
};
use database::DatabaseError;
use service_kit::ids::{ClientId, SessionId};

use crate::{clients, sessions, state::State, tokens::OWN_AUDIENCE};

/// Checks access tokens with this service's own keys and tables.
pub(crate) struct LocalAuthenticator {
    state: Data<State>,
    policy: Policy,
}

impl LocalAuthenticator {
    /// Makes the authenticator.
    pub(crate) fn new(state: Data<State>) -> Self {
        let policy = local_token_policy(&state);
        Self { state, policy }
    }

    async fn check(&self, token: &str) -> Result<AccessToken, VerifyError> {
        let keys = self.state.keyring.keys();
        let token = verify_access(token, &keys.verifying, &self.policy, self.now())
            .map_err(VerifyError::Rejected)?;
        match is_revoked(&self.state, &token).await {
            Ok(false) => Ok(token),
            Ok(true) => Err(VerifyError::Rejected(Rejection::Revoked)),
            Err(error) => {
                tracing::warn!(%error, "revocations cannot be looked up");
                Err(VerifyError::RevocationsUnavailable { retry_after: 1 })
            }
        }
    }
}

/// Whether the token's session has ended, or its service account is disabled.
async fn is_revoked(state: &State, token: &AccessToken) -> Result<bool, DatabaseError> {
    if let Some(sid) = &token.sid {
        let id = SessionId::from_trusted(sid.clone());
        if sessions::is_revoked(&state.database, id).await? {
            return Ok(true);
        }
    }
    if token.is_service_account() {
        let id = ClientId::from_trusted(token.sub.clone());
        return clients::is_disabled(&state.database, id).await;
    }
    Ok(false)
}

impl Authenticator for LocalAuthenticator {
    fn try_authenticate(&self, _: &str) -> Option<Result<AccessToken, VerifyError>> {
        None
    }

    fn authenticate(&self, token: String) -> AuthFuture<'_> {
        Box::pin(async move { self.check(&token).await })
    }

    fn now(&self) -> i64 {
        self.state.now().as_i64()
    }

    fn fresh_ttl(&self) -> i64 {
        i64::try_from(self.state.settings.lifetimes.fresh.as_secs()).unwrap_or(i64::MAX)
    }
}

/// The policy of this service for tokens: its own issuer and its own audience.
pub(crate) fn local_token_policy(state: &State) -> Policy {
    Policy::new(state.settings.issuer.as_str(), OWN_AUDIENCE)
}
