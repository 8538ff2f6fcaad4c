//! What a verifier demands of a token besides a good signature.

/// Seconds by which the clocks of issuer and verifier may differ, unless [`Policy::leeway`] sets another number.
pub const LEEWAY_SECONDS: i64 = 30;

/// A claim that a [`Policy`] may require or allow to be missing. `iss`, `sub`, `aud` and `exp` are always
/// required. Every claim that is present must have its JSON type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Claim {
    /// `iat`: when the token was signed (RFC 7519 §4.1.6).
    IssuedAt,
    /// `nbf`: from when on the token is valid (RFC 7519 §4.1.5).
    NotBefore,
    /// `jti`: the token's own id (RFC 7519 §4.1.7).
    TokenId,
    /// `client_id`: the client that got the token (RFC 8693 §4.3).
    ClientId,
    /// `scope`: what the bearer may do (RFC 8693 §4.2).
    Scope,
    /// `sid`: the session. Service accounts have none, even if it is required.
    Session,
    /// `auth_time`: when the person last proved who they are (RFC 9068 §2.2.1).
    AuthTime,
}

const CLAIMS: usize = 7;

/// Which tokens a verifier accepts: one issuer, one audience, a type, and the claims that must be
/// there. [`Policy::new`] is the strict policy for this project's own tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) leeway: i64,
    pub(crate) access_types: Vec<String>,
    pub(crate) untyped: bool,
    /// Whether `ver` and `ext` mean what they mean in this project's tokens.
    pub(crate) own_claims: bool,
    required: [bool; CLAIMS],
}

impl Policy {
    /// The policy for this project's tokens: type `at+jwt`, [`LEEWAY_SECONDS`], and `iat`, `jti`,
    /// `client_id`, `scope` required, as is `sid` unless the bearer is a service account.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        let strict = [Claim::IssuedAt, Claim::TokenId, Claim::ClientId, Claim::Scope];
        let policy = Self::any_issuer(issuer, audience).token_types(["at+jwt"]).untyped(false);
        let policy = Self { own_claims: true, ..policy };
        strict.into_iter().fold(policy.require(Claim::Session), Policy::require)
    }

    /// A starting point for any issuer of RS256 access tokens: type `at+jwt`, `JWT` or none, and
    /// only `iss`, `sub`, `aud` and `exp` required. `ver` and `ext` are ignored: other issuers use these names for
    /// other things. So a verifier with a revocation feed rejects tokens of revoked sessions and service accounts,
    /// and no token for changed rights. Times may have a fraction of a second, which is dropped; a `fresh` that is no
    /// boolean is ignored.
    ///
    /// Such issuers may sign ID tokens with the same key and type: make sure that `audience` is
    /// the name of an API and never a client id (RFC 8725 §3.11).
    pub fn any_issuer(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            leeway: LEEWAY_SECONDS,
            access_types: vec!["at+jwt".to_owned(), "jwt".to_owned()],
            untyped: true,
            own_claims: false,
            required: [false; CLAIMS],
        }
    }

    /// Seconds by which the clocks may differ, added to every limit of time. Default [`LEEWAY_SECONDS`]; a negative
    /// number counts as 0.
    ///
    /// With more than 60 s, a verifier that starts anew may accept an expired token of a revoked session until the
    /// leeway ends: auth-service keeps a revocation in its feed for 60 s after the last token's expiry.
    #[must_use]
    pub fn leeway(mut self, seconds: i64) -> Self {
        self.leeway = seconds.max(0);
        self
    }

    /// The accepted values of an access token's `typ` (RFC 7515 §4.1.9), compared without case and without
    /// the `application/` prefix.
    #[must_use]
    pub fn token_types<T: AsRef<str>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.access_types = types.into_iter().map(|t| bare_type(t.as_ref()).to_owned()).collect();
        self
    }

    /// Sets whether an access token without `typ` is accepted.
    #[must_use]
    pub fn untyped(mut self, accepted: bool) -> Self {
        self.untyped = accepted;
        self
    }

    /// Rejects tokens without this claim.
    #[must_use]
    pub fn require(mut self, claim: Claim) -> Self {
        self.required[claim as usize] = true;
        self
    }

    /// Accepts tokens without this claim.
    #[must_use]
    pub fn allow_missing(mut self, claim: Claim) -> Self {
        self.required[claim as usize] = false;
        self
    }

    /// The issuer whose tokens are accepted.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The audience that tokens must be for.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.audience
    }

    pub(crate) fn requires(&self, claim: Claim) -> bool {
        self.required[claim as usize]
    }
}

/// A media type without the `application/` that RFC 7515 §4.1.9 lets writers leave out.
pub(crate) fn bare_type(typ: &str) -> &str {
    const PREFIX: &str = "application/";
    match typ.get(..PREFIX.len()) {
        Some(start) if start.eq_ignore_ascii_case(PREFIX) => &typ[PREFIX.len()..],
        _ => typ,
    }
}
