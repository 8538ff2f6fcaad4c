//! What the tokens say (RFC 9068), signed.

use std::sync::Arc;

use claims::{AccessClaims, FIRST_PARTY, RefreshClaims, Scopes};

use super::{Keyring, KeysAway, SigningKey};
use crate::settings::OWN_AUDIENCE;

/// Signs tokens with the key that is active.
#[derive(Clone, Debug)]
pub struct Issuer {
    issuer: String,
    audiences: Vec<String>,
    keyring: Keyring,
}

/// A person with an access token to come.
#[derive(Clone, Debug)]
pub struct AccessGrant<'a> {
    /// The user's id.
    pub user_id: &'a str,
    /// The name shown.
    pub username: &'a str,
    /// The session's id.
    pub session_id: &'a str,
    /// What the token allows.
    pub scope: Scopes,
    /// Whether a password just earned it.
    pub fresh: bool,
    /// When a password last did, in seconds since the epoch.
    pub auth_time: i64,
    /// The token's own id.
    pub jti: String,
    /// Now.
    pub issued_at: i64,
    /// When it expires.
    pub expires_at: i64,
}

/// A service account with an access token to come.
#[derive(Clone, Debug)]
pub struct ServiceGrant<'a> {
    /// The account's id.
    pub client_id: &'a str,
    /// What the token allows.
    pub scope: Scopes,
    /// The token's own id.
    pub jti: String,
    /// Now.
    pub issued_at: i64,
    /// When it expires.
    pub expires_at: i64,
}

/// A refresh token to come. The same grant gives the same bytes while the signing key is the same.
#[derive(Clone, Debug)]
pub struct RefreshGrant<'a> {
    /// The user's id.
    pub user_id: &'a str,
    /// The session's id.
    pub session_id: &'a str,
    /// The token's own id.
    pub jti: &'a str,
    /// When the rotation happened.
    pub issued_at: i64,
    /// When it expires.
    pub expires_at: i64,
}

/// The key that was active a moment ago, to sign what one answer holds. It is taken before anything is written:
/// a rotation that is kept and cannot be signed would cost its client the session.
#[derive(Clone, Debug)]
pub struct Signer<'a> {
    issuer: &'a Issuer,
    key: Arc<SigningKey>,
}

impl Issuer {
    /// Signs as `issuer`, for `audiences`.
    pub fn new(issuer: String, audiences: Vec<String>, keyring: Keyring) -> Self {
        Self { issuer, audiences, keyring }
    }

    /// The key to sign one answer with.
    ///
    /// # Errors
    /// When there is none.
    pub fn signer(&self) -> Result<Signer<'_>, KeysAway> {
        Ok(Signer { issuer: self, key: self.keyring.active()? })
    }
}

impl Signer<'_> {
    /// An access token (RFC 9068).
    ///
    /// # Errors
    /// When signing fails.
    pub fn access_token(&self, grant: AccessGrant<'_>) -> Result<String, KeysAway> {
        self.sign(
            "at+jwt",
            &AccessClaims {
                iss: self.issuer.issuer.clone(),
                sub: grant.user_id.to_owned(),
                aud: self.issuer.audiences.clone(),
                exp: grant.expires_at,
                nbf: None,
                iat: grant.issued_at,
                jti: grant.jti,
                sid: Some(grant.session_id.to_owned()),
                client_id: Some(FIRST_PARTY.to_owned()),
                scope: grant.scope,
                fresh: Some(grant.fresh),
                auth_time: Some(grant.auth_time),
                preferred_username: Some(grant.username.to_owned()),
            },
        )
    }

    /// A service account's access token: it is its own subject, and has no session, no name and no password.
    ///
    /// # Errors
    /// When signing fails.
    pub fn service_token(&self, grant: ServiceGrant<'_>) -> Result<String, KeysAway> {
        self.sign(
            "at+jwt",
            &AccessClaims {
                iss: self.issuer.issuer.clone(),
                sub: grant.client_id.to_owned(),
                aud: self.issuer.audiences.clone(),
                exp: grant.expires_at,
                nbf: None,
                iat: grant.issued_at,
                jti: grant.jti,
                sid: None,
                client_id: Some(grant.client_id.to_owned()),
                scope: grant.scope,
                fresh: None,
                auth_time: None,
                preferred_username: None,
            },
        )
    }

    /// A refresh token.
    ///
    /// # Errors
    /// When signing fails.
    pub fn refresh_token(&self, grant: &RefreshGrant<'_>) -> Result<String, KeysAway> {
        self.sign(
            "refresh+jwt",
            &RefreshClaims {
                iss: self.issuer.issuer.clone(),
                sub: grant.user_id.to_owned(),
                aud: OWN_AUDIENCE.to_owned(),
                exp: grant.expires_at,
                iat: grant.issued_at,
                jti: grant.jti.to_owned(),
                sid: grant.session_id.to_owned(),
            },
        )
    }

    fn sign(&self, typ: &str, claims: &impl serde::Serialize) -> Result<String, KeysAway> {
        self.key.sign_jws(typ, claims).map_err(|error| KeysAway(error.to_string()))
    }
}
