//! Authenticates access tokens on this service's own routes.
//!
//! Unlike a remote verifier, this service reads its own tables. So it rejects at once the tokens of a session that was
//! ended on any replica, of a disabled service account, and tokens with old rights.

use actix_web::web::Data;
use claims::{
    AccessClaims, AccessToken, Policy, Rejection, VerifyError,
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
        match rejection_of(&self.state, &token).await {
            Ok(None) => Ok(token),
            Ok(Some(rejection)) => Err(VerifyError::Rejected(rejection)),
            Err(error) => {
                tracing::warn!(%error, "revocations cannot be looked up");
                Err(VerifyError::RevocationsUnavailable { retry_after: 1 })
            }
        }
    }
}

/// Why a token with valid claims is rejected: its session has ended, its service account is disabled, or its user has
/// other rights now.
async fn rejection_of(
    state: &State,
    token: &AccessToken,
) -> Result<Option<Rejection>, DatabaseError> {
    if let Some(sid) = &token.sid {
        let id = SessionId::from_trusted(sid.clone());
        match sessions::rights_version(&state.database, id).await? {
            None => return Ok(Some(Rejection::Revoked)),
            Some(version) if is_stale(token, version) => return Ok(Some(Rejection::Stale)),
            Some(_) => {}
        }
    }
    if token.is_service_account() {
        let id = ClientId::from_trusted(token.sub.clone());
        let is_disabled = clients::is_disabled(&state.database, id).await?;
        return Ok(is_disabled.then_some(Rejection::Revoked));
    }
    Ok(None)
}

/// Whether a token has old rights. Tokens of earlier versions of this service have no rights
/// version: they count as 0.
pub(crate) fn is_stale(claims: &AccessClaims, version: i64) -> bool {
    claims.ver.unwrap_or_default() < version
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
