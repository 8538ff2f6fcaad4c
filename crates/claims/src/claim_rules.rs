//! The claims of a token whose signature is good: their JSON types, and the claim rules.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::numeric_date::NumericDate;
use crate::own_claims::{freshness, further_claims, rights_version};
use crate::policy::{Claim, Policy};
use crate::strict_json::{MemberKind, Members, StrictObject, read_object};
use crate::{AccessClaims, RefreshClaims, Rejection, Scopes};

/// The claims as they were read: each has its JSON type, and no rule has been checked yet.
#[derive(Default)]
struct UncheckedClaims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audience>,
    exp: Option<NumericDate>,
    nbf: Option<NumericDate>,
    iat: Option<NumericDate>,
    jti: Option<String>,
    sid: Option<String>,
    client_id: Option<String>,
    scope: Option<Scopes>,
    auth_time: Option<NumericDate>,
    preferred_username: Option<String>,
    // Of any type: other issuers may use these names for other things.
    fresh: Option<Value>,
    ver: Option<Value>,
    ext: Option<Value>,
}

impl<'de> StrictObject<'de> for UncheckedClaims {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: &str,
        members: &mut Members<'_, A>,
    ) -> Result<MemberKind, A::Error> {
        use Rejection::ClaimType;
        match name {
            "iss" => members.read(&mut self.iss, ClaimType("iss")),
            "sub" => members.read(&mut self.sub, ClaimType("sub")),
            "aud" => members.read(&mut self.aud, ClaimType("aud")),
            "exp" => members.read(&mut self.exp, ClaimType("exp")),
            "nbf" => members.read(&mut self.nbf, ClaimType("nbf")),
            "iat" => members.read(&mut self.iat, ClaimType("iat")),
            "jti" => members.read(&mut self.jti, ClaimType("jti")),
            "sid" => members.read(&mut self.sid, ClaimType("sid")),
            "client_id" => members.read(&mut self.client_id, ClaimType("client_id")),
            "scope" => members.read(&mut self.scope, ClaimType("scope")),
            "auth_time" => members.read(&mut self.auth_time, ClaimType("auth_time")),
            "preferred_username" => {
                members.read(&mut self.preferred_username, ClaimType("preferred_username"))
            }
            "fresh" => members.keep(&mut self.fresh),
            "ver" => members.keep(&mut self.ver),
            "ext" => members.keep(&mut self.ext),
            _ => members.skip(),
        }
    }
}

/// `aud`: one string or an array of strings (RFC 7519 §4.1.3).
struct Audience(Vec<String>);

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AudienceVisitor;
        impl<'de> Visitor<'de> for AudienceVisitor {
            type Value = Audience;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of strings")
            }
            fn visit_str<E>(self, one: &str) -> Result<Audience, E> {
                Ok(Audience(vec![one.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Audience, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = items.next_element()? {
                    all.push(one);
                }
                Ok(Audience(all))
            }
        }
        deserializer.deserialize_any(AudienceVisitor)
    }
}

/// The claims of an access token, if they satisfy `policy` at `now`.
pub(crate) fn access_claims(
    json: &[u8],
    policy: &Policy,
    now: i64,
) -> Result<AccessClaims, Rejection> {
    let read: UncheckedClaims = read_object(json)?;
    let issued_at = seconds(read.iat, policy, "iat")?;
    let issued_at = required_by_policy(issued_at, policy, Claim::IssuedAt, "iat")?;
    let not_before = seconds(read.nbf, policy, "nbf")?;
    let auth_time = seconds(read.auth_time, policy, "auth_time")?;
    let claims = AccessClaims {
        iss: required(read.iss, "iss")?,
        sub: identifier(read.sub, "sub")?,
        aud: required(read.aud, "aud")?.0,
        exp: required(seconds(read.exp, policy, "exp")?, "exp")?,
        nbf: required_by_policy(not_before, policy, Claim::NotBefore, "nbf")?,
        iat: issued_at.unwrap_or_default(),
        jti: required_by_policy(read.jti, policy, Claim::TokenId, "jti")?.unwrap_or_default(),
        sid: read.sid,
        client_id: required_by_policy(read.client_id, policy, Claim::ClientId, "client_id")?,
        scope: required_by_policy(read.scope, policy, Claim::Scope, "scope")?.unwrap_or_default(),
        fresh: freshness(read.fresh.as_ref(), policy)?,
        auth_time: required_by_policy(auth_time, policy, Claim::AuthTime, "auth_time")?,
        preferred_username: read.preferred_username,
        ver: rights_version(read.ver, policy)?,
        ext: further_claims(read.ext, policy)?,
    };
    if policy.requires(Claim::TokenId) && claims.jti.is_empty() {
        return Err(Rejection::ClaimType("jti"));
    }
    check_session(&claims, policy)?;
    check_issuer_and_audience(&claims.iss, &claims.aud, policy)?;
    check_times(claims.exp, claims.nbf, issued_at, policy, now)?;
    Ok(claims)
}

/// The claims of a refresh token, if they satisfy `policy` at `now`. All claims are required.
pub(crate) fn refresh_claims(
    json: &[u8],
    policy: &Policy,
    now: i64,
) -> Result<RefreshClaims, Rejection> {
    let read: UncheckedClaims = read_object(json)?;
    let audiences = required(read.aud, "aud")?.0;
    let claims = RefreshClaims {
        iss: required(read.iss, "iss")?,
        sub: identifier(read.sub, "sub")?,
        aud: policy.audience.clone(),
        exp: required(seconds(read.exp, policy, "exp")?, "exp")?,
        iat: required(seconds(read.iat, policy, "iat")?, "iat")?,
        jti: identifier(read.jti, "jti")?,
        sid: identifier(read.sid, "sid")?,
    };
    check_issuer_and_audience(&claims.iss, &audiences, policy)?;
    let not_before = seconds(read.nbf, policy, "nbf")?;
    check_times(claims.exp, not_before, Some(claims.iat), policy, now)?;
    Ok(claims)
}

/// A time in whole seconds. Our own tokens have no others.
fn seconds(
    time: Option<NumericDate>,
    policy: &Policy,
    name: &'static str,
) -> Result<Option<i64>, Rejection> {
    match time {
        Some(NumericDate::Fraction(_)) if policy.own_claims => Err(Rejection::ClaimType(name)),
        time => Ok(time.map(NumericDate::whole_seconds)),
    }
}

fn required<T>(claim: Option<T>, name: &'static str) -> Result<T, Rejection> {
    claim.ok_or(Rejection::MissingClaim(name))
}

/// A claim that names something: present and not empty.
fn identifier(claim: Option<String>, name: &'static str) -> Result<String, Rejection> {
    let text = required(claim, name)?;
    if text.is_empty() { Err(Rejection::ClaimType(name)) } else { Ok(text) }
}

fn required_by_policy<T>(
    value: Option<T>,
    policy: &Policy,
    claim: Claim,
    name: &'static str,
) -> Result<Option<T>, Rejection> {
    if value.is_none() && policy.requires(claim) {
        return Err(Rejection::MissingClaim(name));
    }
    Ok(value)
}

/// Checks that a person's token names a session: without one it could not be revoked.
fn check_session(claims: &AccessClaims, policy: &Policy) -> Result<(), Rejection> {
    match claims.sid.as_deref() {
        Some("") => Err(Rejection::ClaimType("sid")),
        None if policy.requires(Claim::Session) && !claims.is_service_account() => {
            Err(Rejection::MissingClaim("sid"))
        }
        _ => Ok(()),
    }
}

fn check_issuer_and_audience(
    issuer: &str,
    audiences: &[String],
    policy: &Policy,
) -> Result<(), Rejection> {
    if issuer != policy.issuer {
        #[cfg(any(feature = "remote", feature = "actix"))]
        warn_once_about_trailing_slash(issuer, policy);
        return Err(Rejection::WrongIssuer);
    }
    if !audiences.contains(&policy.audience) {
        return Err(Rejection::WrongAudience);
    }
    Ok(())
}

/// `https://id.example/` and `https://id.example` are two issuers (RFC 8414 §2), and a frequent mistake in settings:
/// every token is rejected although its signature is good. So this is logged, once.
#[cfg(any(feature = "remote", feature = "actix"))]
fn warn_once_about_trailing_slash(issuer: &str, policy: &Policy) {
    static WARNED: std::sync::Once = std::sync::Once::new();
    if issuer.trim_end_matches('/') == policy.issuer.trim_end_matches('/') {
        WARNED.call_once(|| {
            tracing::warn!(
                token_issuer = issuer,
                expected_issuer = policy.issuer,
                "tokens are rejected: their issuer and the expected issuer differ only in a trailing slash"
            );
        });
    }
}

/// Checks the times to the second: a token is good while `now < exp + leeway`, and from `nbf - leeway` and
/// `iat - leeway` on. Expiry comes last, so that `Expired` means a token that is good otherwise.
fn check_times(
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    policy: &Policy,
    now: i64,
) -> Result<(), Rejection> {
    let latest = now.saturating_add(policy.leeway);
    if nbf.is_some_and(|nbf| nbf > latest) {
        return Err(Rejection::NotYetValid);
    }
    if iat.is_some_and(|iat| iat > latest) {
        return Err(Rejection::IssuedInFuture);
    }
    if exp.saturating_add(policy.leeway) <= now {
        return Err(Rejection::Expired);
    }
    Ok(())
}
