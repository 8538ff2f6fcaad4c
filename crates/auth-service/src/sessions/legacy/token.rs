//! Refresh tokens of flask-jwt-extended and simplejwt.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use claims::LEEWAY_SECONDS;
use serde_json::{Map, Value};
use service_kit::{ids::TokenId, unix_time::UnixSeconds};

use super::LegacyTokens;
use service_kit::unique_json;

/// Most bytes of a token.
const MAX_LEN: usize = 8 * 1024;
/// Most bytes of an id.
const MAX_ID_LEN: usize = 255;

/// A verified refresh token of the old application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyToken {
    /// Its id.
    pub jti: TokenId,
    /// The user's id in the old application.
    pub subject: String,
    /// When the token was issued. (An application that issues new refresh tokens without a password, as simplejwt does
    /// with `ROTATE_REFRESH_TOKENS`, sets a time after the log-in. The new session is not fresh in any case.)
    pub issued_at: UnixSeconds,
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegacyRejection {
    /// It is no refresh token of the old application.
    Invalid,
    /// It has expired.
    Expired,
}

impl LegacyTokens {
    /// Verifies a token.
    ///
    /// # Errors
    /// See [`LegacyRejection`].
    pub fn verify(&self, token: &str, now: UnixSeconds) -> Result<LegacyToken, LegacyRejection> {
        let claims = self.verified_claims(token).ok_or(LegacyRejection::Invalid)?;
        let found = parse_claims(&claims).ok_or(LegacyRejection::Invalid)?;
        if !self.has_issuer(&claims) || !self.has_audience(&claims) {
            return Err(LegacyRejection::Invalid);
        }
        let leeway = std::time::Duration::from_secs(LEEWAY_SECONDS.unsigned_abs());
        if found.issued_at > now + leeway || found.issued_at >= self.cutoff {
            return Err(LegacyRejection::Invalid);
        }
        match time(&claims, "nbf") {
            Ok(None) => {}
            Ok(Some(not_before)) if not_before <= now + leeway => {}
            _ => return Err(LegacyRejection::Invalid),
        }
        // A token without `exp` expires at the cutoff.
        let expires_at = time(&claims, "exp").map_err(|()| LegacyRejection::Invalid)?;
        if expires_at.unwrap_or(self.cutoff) <= now {
            return Err(LegacyRejection::Expired);
        }
        Ok(found)
    }

    /// Whether the token has the issuer of the settings, if they name one.
    fn has_issuer(&self, claims: &Map<String, Value>) -> bool {
        let expected = self.issuer.as_deref();
        expected.is_none_or(|issuer| claims.get("iss").and_then(Value::as_str) == Some(issuer))
    }

    /// Whether the token is for the audience of the settings. If they name none, a token with an audience is for
    /// another service.
    fn has_audience(&self, claims: &Map<String, Value>) -> bool {
        let expected = self.audience.as_deref();
        match claims.get("aud") {
            None | Some(Value::Null) => expected.is_none(),
            Some(Value::String(audience)) => expected == Some(audience),
            Some(Value::Array(audiences)) => {
                expected.is_some() && audiences.iter().any(|audience| audience.as_str() == expected)
            }
            Some(_) => false,
        }
    }

    /// The claims, if the signature is valid. The settings choose the algorithm, not the token.
    fn verified_claims(&self, token: &str) -> Option<Map<String, Value>> {
        if token.len() > MAX_LEN {
            return None;
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = parts[..] else { return None };
        let members = decode(header)?;
        let is_plain = ["crit", "b64", "jwk", "jku", "x5u", "x5c"]
            .iter()
            .all(|name| !members.contains_key(*name));
        if !is_plain || members.get("alg")?.as_str()? != self.key.algorithm() {
            return None;
        }
        let kid = members.get("kid").map(|kid| kid.as_str().unwrap_or_default());
        let signed = token.get(..header.len() + 1 + payload.len())?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !self.key.verifies(kid, signed.as_bytes(), &signature) {
            return None;
        }
        decode(payload)
    }
}

fn decode(part: &str) -> Option<Map<String, Value>> {
    unique_json::object(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// Reads a refresh token's claims. flask-jwt-extended: `type` is `refresh`, and `sub` (before version 4 `identity`) is
/// the user. simplejwt: `token_type` is `refresh`, and `user_id` is the user.
fn parse_claims(claims: &Map<String, Value>) -> Option<LegacyToken> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let subject = match (text("type"), text("token_type")) {
        (Some("refresh"), None) => claims.get("sub").or_else(|| claims.get("identity"))?,
        (None, Some("refresh")) => claims.get("user_id").or_else(|| claims.get("sub"))?,
        _ => return None,
    };
    let subject = match subject {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
        _ => return None,
    };
    let jti = text("jti")?;
    let is_id = |id: &str| (1..=MAX_ID_LEN).contains(&id.len()) && !id.contains(char::is_control);
    let issued_at = time(claims, "iat").ok()??;
    (is_id(jti) && is_id(&subject)).then(|| LegacyToken {
        jti: TokenId::from_trusted(jti.to_owned()),
        subject,
        issued_at,
    })
}

/// The time in a claim. `None` if the claim is missing.
fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<UnixSeconds>, ()> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            // Some versions wrote a fraction.
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a fraction of a second is dropped"
            )]
            let seconds = value.as_i64().or_else(|| {
                value.as_f64().filter(|time| time.abs() < 1e15).map(|time| time as i64)
            });
            seconds.map(|seconds| Some(UnixSeconds::new(seconds))).ok_or(())
        }
    }
}

#[cfg(test)]
mod tests;
