//! The claims of access and refresh tokens, and the types that prove that a token was verified.

use std::ops::Deref;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Scopes;

/// The `client_id` in the tokens of users who signed in at auth-service itself.
pub const FIRST_PARTY: &str = "first-party";

/// The claims of an access token (RFC 9068 §2.2).
///
/// Anyone may build one, to sign it. A verified one is an [`AccessToken`]. It serialises to the payload
/// of a token: absent claims are left out and `aud` is an array. All times are whole seconds since
/// the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessClaims {
    /// The issuer (RFC 7519 §4.1.1); auth-service uses its URL.
    pub iss: String,
    /// The user's id, or a service account's client id (RFC 7519 §4.1.2).
    pub sub: String,
    /// The services that may accept the token (RFC 7519 §4.1.3).
    pub aud: Vec<String>,
    /// The time at which the token expires (RFC 7519 §4.1.4).
    pub exp: i64,
    /// The time before which the token must not be accepted (RFC 7519 §4.1.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// When the token was signed (RFC 7519 §4.1.6). 0 if it is absent and the policy allows that.
    pub iat: i64,
    /// The token's own id (RFC 7519 §4.1.7). Empty if it is absent and the policy allows that.
    pub jti: String,
    /// The session's id; service accounts have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The client that got the token (RFC 8693 §4.3): [`FIRST_PARTY`] for people, the account's own id for a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// What the bearer may do (RFC 8693 §4.2).
    pub scope: Scopes,
    /// Whether a password earned the token, and not a refresh token; service accounts have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fresh: Option<bool>,
    /// When the person last proved who they are (RFC 9068 §2.2.1); service accounts have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The user's name, for display; service accounts have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    /// The version of the user's rights. Each change of scope, `ext` or the proven address raises it; absent counts
    /// as 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ver: Option<i64>,
    /// Further claims that an administrator gave the user. Read them with [`AccessClaims::ext`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ext: Option<Map<String, Value>>,
}

/// The further claims of a token do not fit the type that the service asked for.
#[derive(Debug, thiserror::Error)]
#[error("the claim `ext` does not fit the expected type: {0}")]
pub struct ExtError(#[from] serde_json::Error);

impl AccessClaims {
    /// The further claims (`ext`) as a type of the service; `None` if the token has none.
    ///
    /// ```
    /// # use claims::testing::{TestKey, TokenBuilder, key_set};
    /// # use claims::{Policy, verify_access};
    /// #[derive(serde::Deserialize)]
    /// struct Plan {
    ///     plan: String,
    /// }
    ///
    /// # let now = 1_800_000_000;
    /// # let token = TokenBuilder::access(TestKey::FIRST, "https://auth.example", "users-api", now)
    /// #     .claim("ext", serde_json::json!({"plan": "pro"}))
    /// #     .sign();
    /// # let policy = Policy::new("https://auth.example", "users-api");
    /// # let caller = verify_access(&token, &key_set(&[TestKey::FIRST]), &policy, now).unwrap();
    /// let plan = caller.ext::<Plan>().unwrap();
    /// assert_eq!(plan.unwrap().plan, "pro");
    /// ```
    ///
    /// # Errors
    /// When they do not fit `T`.
    pub fn ext<T: DeserializeOwned>(&self) -> Result<Option<T>, ExtError> {
        let Some(ext) = &self.ext else { return Ok(None) };
        Ok(Some(T::deserialize(&Value::Object(ext.clone()))?))
    }

    /// Whether the bearer is a service account: its `sub` is its own `client_id` (RFC 9068 §2.2).
    #[must_use]
    pub fn is_service_account(&self) -> bool {
        self.client_id.as_deref() == Some(self.sub.as_str())
    }

    /// Whether a password earned this token less than `max_age` seconds before `now`
    /// (RFC 9470's `max_age`). `now` is in Unix seconds. An `auth_time` more than
    /// [`LEEWAY_SECONDS`](crate::LEEWAY_SECONDS) in the future does not count as fresh.
    #[must_use]
    pub fn is_fresh(&self, now: i64, max_age: i64) -> bool {
        let Some(auth_time) = self.auth_time else { return false };
        let age = now.saturating_sub(auth_time);
        self.fresh == Some(true) && age < max_age && age >= -crate::LEEWAY_SECONDS
    }
}

/// The claims of a refresh token. All times are whole seconds since the Unix epoch.
///
/// Anyone may build one, to sign it. A verified one is a [`RefreshToken`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefreshClaims {
    /// The issuer (RFC 7519 §4.1.1); auth-service uses its URL.
    pub iss: String,
    /// The user's id (RFC 7519 §4.1.2).
    pub sub: String,
    /// The only service that accepts it: the issuer (RFC 7519 §4.1.3).
    pub aud: String,
    /// The time at which the token expires (RFC 7519 §4.1.4).
    pub exp: i64,
    /// When the token was signed (RFC 7519 §4.1.6).
    pub iat: i64,
    /// The token's own id (RFC 7519 §4.1.7). Rotation and reuse detection compare it.
    pub jti: String,
    /// The session's id.
    pub sid: String,
}

/// An access token that passed every check. Only verification can make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken(AccessClaims);

impl AccessToken {
    pub(crate) fn verified(claims: AccessClaims) -> Self {
        Self(claims)
    }

    /// The claims.
    #[must_use]
    pub fn claims(&self) -> &AccessClaims {
        &self.0
    }

    /// The claims, no longer marked as verified.
    #[must_use]
    pub fn into_claims(self) -> AccessClaims {
        self.0
    }
}

impl Deref for AccessToken {
    type Target = AccessClaims;

    fn deref(&self) -> &AccessClaims {
        &self.0
    }
}

/// A refresh token that passed every check. Only verification can make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken(RefreshClaims);

impl RefreshToken {
    pub(crate) fn verified(claims: RefreshClaims) -> Self {
        Self(claims)
    }

    /// The claims.
    #[must_use]
    pub fn claims(&self) -> &RefreshClaims {
        &self.0
    }

    /// The claims, no longer marked as verified.
    #[must_use]
    pub fn into_claims(self) -> RefreshClaims {
        self.0
    }
}

impl Deref for RefreshToken {
    type Target = RefreshClaims;

    fn deref(&self) -> &RefreshClaims {
        &self.0
    }
}
