//! Why a token, or a call, was rejected: stable reasons and their codes.

use std::borrow::Cow;
use std::fmt;

/// Why a token was not accepted, or why the accepted one is not enough.
///
/// Tests and clients switch on the variant or on [`code`](Rejection::code), never on the wording.
/// Variants that concern one header member or claim carry its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rejection {
    /// The call carries no `Authorization` header.
    MissingAuthorization,
    /// The `Authorization` header is there but is not one well-formed Bearer credential
    /// (RFC 6750 §2.1): another scheme, no token behind it, or several such headers.
    NotBearer,
    /// The token is longer than [`MAX_TOKEN_BYTES`](crate::MAX_TOKEN_BYTES).
    TokenTooLarge,
    /// Not a compact JWS (RFC 7515 §3.1) of three unpadded base64url parts with JSON objects in
    /// the first two.
    Malformed,
    /// A member name appears twice in one object of the header or of the claims (RFC 7519 §4).
    DuplicateMember,
    /// `alg` is missing or is not exactly `RS256`.
    Algorithm,
    /// `typ` is not the one this token must have (RFC 8725 §3.11).
    TokenType,
    /// The header carries a member that is never honoured here: `crit`, `b64`, `jwk`, `jku`,
    /// `x5u` or `x5c`.
    ForbiddenHeader(&'static str),
    /// A header member has the wrong JSON type.
    HeaderType(&'static str),
    /// The header names no `kid`.
    MissingKeyId,
    /// No key with this `kid` is known.
    UnknownKey,
    /// The signature was not made with this key over this header and payload.
    BadSignature,
    /// A claim that the [`Policy`](crate::Policy) requires is absent.
    MissingClaim(&'static str),
    /// A claim has the wrong JSON type or an invalid value.
    ClaimType(&'static str),
    /// `iss` is another issuer (RFC 7519 §4.1.1).
    WrongIssuer,
    /// `aud` does not contain the verifier's audience (RFC 7519 §4.1.3).
    WrongAudience,
    /// `exp` has passed, leeway included (RFC 7519 §4.1.4). The signature and all other claims are good.
    Expired,
    /// `nbf` lies in the future, leeway included (RFC 7519 §4.1.5).
    NotYetValid,
    /// `iat` lies in the future, leeway included (RFC 7519 §4.1.6).
    IssuedInFuture,
    /// The session, or the service account, was revoked.
    Revoked,
    /// The user's rights changed after the token was signed. The session goes on; a refresh gives a good token.
    Stale,
    /// The call needs a recent sign-in with a password (RFC 9470).
    NotFresh,
    /// The token lacks this scope (RFC 6750 §3.1).
    InsufficientScope(&'static str),
    /// The call is for people; the token is a service account's.
    UserRequired,
}

impl Rejection {
    /// The stable code, the `error` member of an error body.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingAuthorization | Self::NotBearer => "authorization_header",
            Self::Expired => "token_expired",
            Self::Revoked => "token_revoked",
            Self::Stale => "token_stale",
            Self::NotFresh => "fresh_token_required",
            Self::InsufficientScope(_) => "insufficient_scope",
            Self::UserRequired => "user_required",
            _ => "invalid_token",
        }
    }

    /// The name of the claim or header member that broke a rule; `None` where the reason concerns none in particular.
    #[must_use]
    pub fn rejected_member(&self) -> Option<&'static str> {
        match self {
            Self::ForbiddenHeader(name)
            | Self::HeaderType(name)
            | Self::MissingClaim(name)
            | Self::ClaimType(name) => Some(name),
            Self::Algorithm => Some("alg"),
            Self::TokenType => Some("typ"),
            Self::MissingKeyId | Self::UnknownKey => Some("kid"),
            Self::WrongIssuer => Some("iss"),
            Self::WrongAudience => Some("aud"),
            Self::Expired => Some("exp"),
            Self::NotYetValid => Some("nbf"),
            Self::IssuedInFuture => Some("iat"),
            Self::InsufficientScope(_) => Some("scope"),
            Self::Stale => Some("ver"),
            _ => None,
        }
    }

    /// A sentence for people, the `detail` member of an error body. It repeats nothing from the token, so it is safe to
    /// log and to send.
    #[must_use]
    pub fn detail(&self) -> Cow<'static, str> {
        let fixed = match self {
            Self::MissingAuthorization => "Request does not contain an access token",
            Self::NotBearer => "The Authorization header is not one Bearer token",
            Self::TokenTooLarge => "Token is too large",
            Self::Malformed => "Token is malformed",
            Self::DuplicateMember => "Token repeats a member name",
            Self::Algorithm => "Token is not signed with RS256",
            Self::TokenType => "Token is of another type",
            Self::MissingKeyId => "Token names no signing key",
            Self::UnknownKey => "Token is signed with an unknown key",
            Self::BadSignature => "Signature verification failed",
            Self::WrongIssuer => "Token is from another issuer",
            Self::WrongAudience => "Token is for another audience",
            Self::Expired => "Token has expired",
            Self::NotYetValid => "Token is not valid yet",
            Self::IssuedInFuture => "Token was issued in the future",
            Self::Revoked => "Token has been revoked",
            Self::Stale => "Rights have changed since the token was issued",
            Self::NotFresh => "Fresh token required",
            Self::UserRequired => "This call is for users, not for service accounts",
            Self::ForbiddenHeader(name) => return named("Token header must not have", name),
            Self::HeaderType(name) => return named("Token header is malformed at", name),
            Self::MissingClaim(name) => return named("Token lacks the claim", name),
            Self::ClaimType(name) => return named("Token has a malformed claim", name),
            Self::InsufficientScope(name) => return named("Token lacks the scope", name),
        };
        Cow::Borrowed(fixed)
    }
}

fn named(text: &str, name: &str) -> Cow<'static, str> {
    Cow::Owned(format!("{text} `{name}`"))
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail())
    }
}

impl std::error::Error for Rejection {}

/// Why a verifier that fetches keys and revocations does not accept a token: either the token is rejected, or the
/// verifier cannot decide. A good token is never reported as rejected because the issuer is unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VerifyError {
    /// The token, or the call, breaks a rule: answer 401 or 403.
    Rejected(Rejection),
    /// There is no usable key set: answer 503.
    KeysUnavailable {
        /// Seconds after which trying again makes sense, at least 1.
        retry_after: u64,
    },
    /// The list of revoked sessions has not arrived, or is too old: answer 503.
    RevocationsUnavailable {
        /// Seconds after which trying again makes sense, at least 1.
        retry_after: u64,
    },
}

impl VerifyError {
    /// The stable code, the `error` member of an error body.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.code(),
            Self::KeysUnavailable { .. } => "keys_unavailable",
            Self::RevocationsUnavailable { .. } => "unavailable",
        }
    }

    /// A sentence for people, the `detail` member of an error body.
    #[must_use]
    pub fn detail(&self) -> Cow<'static, str> {
        match self {
            Self::Rejected(rejection) => rejection.detail(),
            Self::KeysUnavailable { .. } => {
                Cow::Borrowed("The keys to check tokens with are not available")
            }
            Self::RevocationsUnavailable { .. } => {
                Cow::Borrowed("The list of revoked sessions is not available")
            }
        }
    }

    /// Seconds after which trying again makes sense, the value of `Retry-After` (RFC 9110 §10.2.3); `None` for a
    /// rejection.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Rejected(_) => None,
            Self::KeysUnavailable { retry_after }
            | Self::RevocationsUnavailable { retry_after } => Some(*retry_after),
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail())
    }
}

impl std::error::Error for VerifyError {}

impl From<Rejection> for VerifyError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}
