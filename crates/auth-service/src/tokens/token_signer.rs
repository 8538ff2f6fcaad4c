//! Writes the claims of the three kinds of tokens and signs them (RFC 9068 for access tokens).

use std::sync::Arc;

use claims::{AccessClaims, FIRST_PARTY, RefreshClaims, Scopes};
use serde_json::{Map, Value};
use service_kit::{
    ids::{ClientId, SessionId, TokenId, UserId},
    unix_time::UnixSeconds,
};

use super::{Keyring, OWN_AUDIENCE, SigningKey, SigningKeyUnavailable};

/// Signs tokens with the active key.
#[derive(Clone, Debug)]
pub struct TokenSigner {
    issuer: String,
    audiences: Vec<String>,
    keyring: Keyring,
}

/// The claims of a user's access token.
#[derive(Clone, Debug)]
pub struct AccessTokenParams<'a> {
    /// The user's id.
    pub user_id: &'a UserId,
    /// The user name in its shown form.
    pub username: &'a str,
    /// The session's id.
    pub session_id: &'a SessionId,
    /// What the token allows.
    pub scope: Scopes,
    /// The version of the user's rights.
    pub rights_version: i64,
    /// Further claims.
    pub ext: Option<Map<String, Value>>,
    /// Whether the password was just checked.
    pub fresh: bool,
    /// When the password was last checked.
    pub auth_time: UnixSeconds,
    /// The token's own id.
    pub jti: TokenId,
    /// When it is issued: the `iat` claim.
    pub issued_at: UnixSeconds,
    /// When it expires.
    pub expires_at: UnixSeconds,
}

/// The claims of a service account's access token.
#[derive(Clone, Debug)]
pub struct ServiceTokenParams<'a> {
    /// The account's id.
    pub client_id: &'a ClientId,
    /// What the token allows.
    pub scope: Scopes,
    /// The token's own id.
    pub jti: TokenId,
    /// When it is issued: the `iat` claim.
    pub issued_at: UnixSeconds,
    /// When it expires.
    pub expires_at: UnixSeconds,
}

/// The claims of a refresh token. Equal claims give an equal token as long as the signing key is the same.
#[derive(Clone, Debug)]
pub struct RefreshTokenParams<'a> {
    /// The user's id.
    pub user_id: &'a UserId,
    /// The session's id.
    pub session_id: &'a SessionId,
    /// The token's own id.
    pub jti: &'a TokenId,
    /// When the rotation happened: the `iat` claim.
    pub issued_at: UnixSeconds,
    /// When it expires.
    pub expires_at: UnixSeconds,
}

/// Signs the tokens of one response with one key. Callers get it before they change the database: if a rotation were
/// committed and its token could not be signed, the client would lose its session.
#[derive(Clone, Debug)]
pub struct ActiveKeySigner<'a> {
    signer: &'a TokenSigner,
    key: Arc<SigningKey>,
}

impl TokenSigner {
    /// Signs as `issuer`, for `audiences`.
    pub fn new(issuer: String, audiences: Vec<String>, keyring: Keyring) -> Self {
        Self { issuer, audiences, keyring }
    }

    /// A signer with the key that is active now, for the tokens of one response.
    ///
    /// # Errors
    /// When no signing key can be loaded.
    pub fn with_active_key(&self) -> Result<ActiveKeySigner<'_>, SigningKeyUnavailable> {
        Ok(ActiveKeySigner { signer: self, key: self.keyring.active()? })
    }
}

impl ActiveKeySigner<'_> {
    /// Signs an access token (RFC 9068).
    ///
    /// # Errors
    /// When signing fails.
    pub fn access_token(
        &self,
        params: AccessTokenParams<'_>,
    ) -> Result<String, SigningKeyUnavailable> {
        self.sign(
            "at+jwt",
            &AccessClaims {
                iss: self.signer.issuer.clone(),
                sub: params.user_id.to_string(),
                aud: self.signer.audiences.clone(),
                exp: params.expires_at.as_i64(),
                nbf: None,
                iat: params.issued_at.as_i64(),
                jti: params.jti.into(),
                sid: Some(params.session_id.to_string()),
                client_id: Some(FIRST_PARTY.to_owned()),
                scope: params.scope,
                fresh: Some(params.fresh),
                auth_time: Some(params.auth_time.as_i64()),
                preferred_username: Some(params.username.to_owned()),
                ver: Some(params.rights_version),
                ext: params.ext,
            },
        )
    }

    /// Signs a service account's access token. The account is its subject; it has no session, no user name and no
    /// password time.
    ///
    /// # Errors
    /// When signing fails.
    pub fn service_token(
        &self,
        params: ServiceTokenParams<'_>,
    ) -> Result<String, SigningKeyUnavailable> {
        self.sign(
            "at+jwt",
            &AccessClaims {
                iss: self.signer.issuer.clone(),
                sub: params.client_id.to_string(),
                aud: self.signer.audiences.clone(),
                exp: params.expires_at.as_i64(),
                nbf: None,
                iat: params.issued_at.as_i64(),
                jti: params.jti.into(),
                sid: None,
                client_id: Some(params.client_id.to_string()),
                scope: params.scope,
                fresh: None,
                auth_time: None,
                preferred_username: None,
                ver: None,
                ext: None,
            },
        )
    }

    /// Signs a refresh token.
    ///
    /// # Errors
    /// When signing fails.
    pub fn refresh_token(
        &self,
        params: &RefreshTokenParams<'_>,
    ) -> Result<String, SigningKeyUnavailable> {
        self.sign(
            "refresh+jwt",
            &RefreshClaims {
                iss: self.signer.issuer.clone(),
                sub: params.user_id.to_string(),
                aud: OWN_AUDIENCE.to_owned(),
                exp: params.expires_at.as_i64(),
                iat: params.issued_at.as_i64(),
                jti: params.jti.to_string(),
                sid: params.session_id.to_string(),
            },
        )
    }

    fn sign(
        &self,
        typ: &str,
        claims: &impl serde::Serialize,
    ) -> Result<String, SigningKeyUnavailable> {
        self.key.sign_jws(typ, claims).map_err(SigningKeyUnavailable::new)
    }
}
