//! Verification as a pure function: token, keys, policy and time in; claims or a [`Rejection`] out.
//!
//! Cheap checks come first (size, structure, header, key id), the signature next, and the claims
//! are not even parsed before the signature is good.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::jose_header::read_kid;
use crate::{
    AccessToken, KeySet, Policy, RefreshToken, Rejection, TokenUse, VerifyingKey, claim_rules,
};

/// The longest token that is parsed, in bytes. Most servers reject header lines that are longer.
pub const MAX_TOKEN_BYTES: usize = 8192;

/// A token of the right shape with an acceptable header. Nothing in it is verified yet.
#[derive(Debug, Clone)]
pub struct UnverifiedToken<'a> {
    signed: &'a [u8],
    payload: &'a [u8],
    signature: &'a [u8],
    kid: String,
    token_use: TokenUse,
}

impl<'a> UnverifiedToken<'a> {
    /// Parses one of this project's tokens: a compact JWS of three parts in strict base64url
    /// (RFC 7515 §3.1), `alg` exactly `RS256`, the `typ` of `token_use`, a `kid`, and none of the header
    /// members of [`Rejection::ForbiddenHeader`]. The signature and the claims are not checked.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn parse<T: AsRef<[u8]> + ?Sized>(
        token: &'a T,
        token_use: TokenUse,
    ) -> Result<Self, Rejection> {
        Self::read(token.as_ref(), token_use, None)
    }

    /// Parses an access token whose `typ` is one that `policy` accepts.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_for<T: AsRef<[u8]> + ?Sized>(
        token: &'a T,
        policy: &Policy,
    ) -> Result<Self, Rejection> {
        Self::read(token.as_ref(), TokenUse::Access, Some(policy))
    }

    fn read(
        token: &'a [u8],
        token_use: TokenUse,
        policy: Option<&Policy>,
    ) -> Result<Self, Rejection> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Rejection::TokenTooLarge);
        }
        let (signed, signature) = split_last_dot(token)?;
        let (header, payload) = split_last_dot(signed)?;
        // A fourth part would leave its dot in the header, which is then no valid base64url.
        let kid = read_kid(&decode_part(header)?, token_use, policy)?;
        Ok(Self { signed, payload, signature, kid, token_use })
    }

    /// The `kid` in the token's header. It is not verified: use it only to look up a key.
    #[must_use]
    pub fn unverified_kid(&self) -> &str {
        &self.kid
    }

    /// Checks the signature with `key`, then against `policy` at `now` (Unix seconds): required claims, issuer, audience
    /// and times.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn verify_access(
        &self,
        key: &VerifyingKey,
        policy: &Policy,
        now: i64,
    ) -> Result<AccessToken, Rejection> {
        let json = self.verified_payload(key, TokenUse::Access)?;
        claim_rules::access_claims(&json, policy, now).map(AccessToken::verified)
    }

    /// The same for a refresh token. The audience in `policy` must be the issuer's own: only the issuer accepts refresh
    /// tokens.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn verify_refresh(
        &self,
        key: &VerifyingKey,
        policy: &Policy,
        now: i64,
    ) -> Result<RefreshToken, Rejection> {
        let json = self.verified_payload(key, TokenUse::Refresh)?;
        claim_rules::refresh_claims(&json, policy, now).map(RefreshToken::verified)
    }

    fn verified_payload(&self, key: &VerifyingKey, wanted: TokenUse) -> Result<Vec<u8>, Rejection> {
        if self.token_use != wanted {
            return Err(Rejection::TokenType);
        }
        if key.kid() != self.kid {
            return Err(Rejection::UnknownKey);
        }
        match wanted {
            TokenUse::Access => key.check_signature_cached(self.signed, self.signature)?,
            // A refresh token is used once; caching it would evict an access token that is used again.
            TokenUse::Refresh => key.check_signature(self.signed, self.signature)?,
        }
        decode_part(self.payload)
    }
}

/// Splits at the last dot. As text, because its search is vectorised; a compact JWS is ASCII (RFC 7515 §3.1).
fn split_last_dot(bytes: &[u8]) -> Result<(&[u8], &[u8]), Rejection> {
    let text = str::from_utf8(bytes).map_err(|_| Rejection::Malformed)?;
    let (before, after) = text.rsplit_once('.').ok_or(Rejection::Malformed)?;
    Ok((before.as_bytes(), after.as_bytes()))
}

/// Strict base64url (RFC 4648 §5): no padding, no white space, no stray trailing bits.
fn decode_part(part: &[u8]) -> Result<Vec<u8>, Rejection> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Rejection::Malformed)
}

/// Verifies an access token against a set of keys at `now` (Unix seconds).
///
/// # Errors
/// The first rule that is broken; [`Rejection::UnknownKey`] when no key has the token's `kid`.
pub fn verify_access(
    token: &str,
    keys: &KeySet,
    policy: &Policy,
    now: i64,
) -> Result<AccessToken, Rejection> {
    let unverified = UnverifiedToken::parse_for(token, policy)?;
    let key = keys.get(unverified.unverified_kid()).ok_or(Rejection::UnknownKey)?;
    unverified.verify_access(key, policy, now)
}

/// Verifies a refresh token against a set of keys at `now` (Unix seconds): size, header (`alg`, `typ`, `kid`), key,
/// signature, required claims, issuer, audience and times, in this order.
///
/// [`Rejection::Expired`] means that the signature and all other claims are good.
///
/// # Errors
/// The first rule that is broken; [`Rejection::UnknownKey`] when no key has the token's `kid`.
pub fn verify_refresh(
    token: &str,
    keys: &KeySet,
    policy: &Policy,
    now: i64,
) -> Result<RefreshToken, Rejection> {
    let unverified = UnverifiedToken::parse(token, TokenUse::Refresh)?;
    let key = keys.get(unverified.unverified_kid()).ok_or(Rejection::UnknownKey)?;
    unverified.verify_refresh(key, policy, now)
}
