//! Refresh tokens of flask-jwt-extended and simplejwt.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use claims::LEEWAY_SECONDS;
use serde_json::{Map, Value};
use service_kit::{ids::TokenId, unix_time::UnixSeconds};

use super::LegacyTokens;

/// Most bytes of a token.
const LONGEST: usize = 8 * 1024;
/// Most bytes of an id.
const LONGEST_ID: usize = 255;

/// A verified refresh token of the old application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyToken {
    /// Its id.
    pub jti: TokenId,
    /// The user's id in the old application.
    pub subject: String,
    /// When the user signed in there.
    pub issued_at: UnixSeconds,
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegacyRejection {
    /// It is no refresh token of the old application.
    Invalid,
    /// Its time is over.
    Expired,
}

impl LegacyTokens {
    /// Verifies a token.
    ///
    /// # Errors
    /// See [`LegacyRejection`].
    pub fn verify(&self, token: &str, now: UnixSeconds) -> Result<LegacyToken, LegacyRejection> {
        let claims = self.verified_claims(token).ok_or(LegacyRejection::Invalid)?;
        let found = read(&claims).ok_or(LegacyRejection::Invalid)?;
        let leeway = std::time::Duration::from_secs(LEEWAY_SECONDS.unsigned_abs());
        if found.issued_at > now + leeway || found.issued_at >= self.cutoff {
            return Err(LegacyRejection::Invalid);
        }
        match time(&claims, "nbf") {
            Ok(None) => {}
            Ok(Some(not_before)) if not_before <= now + leeway => {}
            _ => return Err(LegacyRejection::Invalid),
        }
        // A token without an end ends with the old application.
        let expires_at = time(&claims, "exp").map_err(|()| LegacyRejection::Invalid)?;
        if expires_at.unwrap_or(self.cutoff) <= now {
            return Err(LegacyRejection::Expired);
        }
        Ok(found)
    }

    /// The claims of a token that the old application signed. The algorithm is the one of the settings.
    fn verified_claims(&self, token: &str) -> Option<Map<String, Value>> {
        if token.len() > LONGEST {
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
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// Reads a refresh token's claims. flask-jwt-extended: `type` is `refresh`, and `sub` (before version 4 `identity`) is
/// the user. simplejwt: `token_type` is `refresh`, and `user_id` is the user.
fn read(claims: &Map<String, Value>) -> Option<LegacyToken> {
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
    let is_id = |id: &str| (1..=LONGEST_ID).contains(&id.len()) && !id.contains(char::is_control);
    let issued_at = time(claims, "iat").ok()??;
    (is_id(jti) && is_id(&subject)).then(|| LegacyToken {
        jti: TokenId::from_trusted(jti.to_owned()),
        subject,
        issued_at,
    })
}

/// A time. `None` if it is missing.
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
mod tests {
    use aws_lc_rs::hmac;
    use serde_json::json;

    use super::*;
    use crate::sessions::legacy::LegacyKey;

    const SECRET: &str = "q8Zr3Wm5Tn1Yp6Xc4Vb2Nk7Lj9Hg0Fd3";
    const NOW: i64 = 1_000_000;

    fn tokens() -> LegacyTokens {
        let key = LegacyKey::from_secret(SECRET.to_owned().into()).unwrap();
        LegacyTokens { key, cutoff: UnixSeconds::new(NOW + 1_000) }
    }

    fn signed_with(secret: &str, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    fn signed(claims: &Value) -> String {
        signed_with(SECRET, &json!({ "alg": "HS256", "typ": "JWT" }), claims)
    }

    fn flask() -> Value {
        json!({
            "fresh": false, "iat": NOW - 100, "jti": "57fc3347-b062-42a1-bfe1-83f48f5d25bd",
            "type": "refresh", "sub": "maila", "nbf": NOW - 100, "csrf": "x", "exp": NOW + 500,
        })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = flask();
        claims[name] = value;
        claims
    }

    fn verify(token: &str) -> Result<LegacyToken, LegacyRejection> {
        tokens().verify(token, UnixSeconds::new(NOW))
    }

    #[test]
    fn refresh_tokens_of_both_libraries_are_read() {
        let found = verify(&signed(&flask())).unwrap();
        assert_eq!((found.subject.as_str(), found.issued_at.as_i64()), ("maila", NOW - 100));
        assert_eq!(verify(&signed(&with("sub", json!(17)))).unwrap().subject, "17");
        let old = json!({ "iat": NOW - 100, "jti": "x", "type": "refresh", "identity": 17, "exp": NOW + 500 });
        assert_eq!(verify(&signed(&old)).unwrap().subject, "17");
        let simple = json!({ "iat": NOW - 100, "jti": "x", "token_type": "refresh", "user_id": 17, "exp": NOW + 500 });
        assert_eq!(verify(&signed(&simple)).unwrap().subject, "17");
    }

    #[test]
    fn a_token_ends_at_its_time_or_without_one_at_the_cut_off() {
        assert_eq!(verify(&signed(&with("exp", json!(NOW)))), Err(LegacyRejection::Expired));
        assert!(verify(&signed(&with("exp", json!(NOW + 1)))).is_ok());
        let endless = signed(&with("exp", Value::Null));
        assert!(tokens().verify(&endless, UnixSeconds::new(NOW + 999)).is_ok());
        let late = tokens().verify(&endless, UnixSeconds::new(NOW + 1_000));
        assert_eq!(late, Err(LegacyRejection::Expired));
    }

    #[test]
    fn a_token_from_after_the_cut_off_or_from_the_future_is_refused() {
        let issued = |at: i64, now: i64| {
            let mut claims = with("iat", json!(at));
            claims["exp"] = json!(now + 500);
            tokens().verify(&signed(&claims), UnixSeconds::new(now))
        };
        assert!(issued(NOW + 999, NOW + 2_000).is_ok());
        assert_eq!(issued(NOW + 1_000, NOW + 2_000), Err(LegacyRejection::Invalid));
        assert_eq!(issued(NOW + 31, NOW), Err(LegacyRejection::Invalid));
    }

    #[test]
    fn access_tokens_foreign_signatures_and_odd_headers_are_refused() {
        let header = |alg: &str| json!({ "alg": alg, "typ": "JWT" });
        let crit = json!({ "alg": "HS256", "crit": ["exp"] });
        for token in [
            signed(&with("type", json!("access"))),
            signed(&with("type", Value::Null)),
            signed(&with("token_type", json!("refresh"))),
            signed(&with("sub", json!({ "id": 1 }))),
            signed(&with("sub", json!(1.5))),
            signed(&with("jti", Value::Null)),
            signed(&with("jti", json!(""))),
            signed(&with("jti", json!("x".repeat(256)))),
            signed(&with("iat", Value::Null)),
            signed(&with("iat", json!("soon"))),
            signed(&with("nbf", json!(NOW + 100))),
            signed_with("q8Zr3Wm5Tn1Yp6Xc4Vb2Nk7Lj9Hg0Fd4", &header("HS256"), &flask()),
            signed_with(SECRET, &header("none"), &flask()),
            signed_with(SECRET, &header("HS384"), &flask()),
            signed_with(SECRET, &header("RS256"), &flask()),
            signed_with(SECRET, &crit, &flask()),
            "a.b.c".to_owned(),
            String::new(),
            format!("{}.", signed(&flask())),
            format!("{}=", signed(&flask())),
            "x".repeat(10_000),
        ] {
            assert_eq!(verify(&token), Err(LegacyRejection::Invalid), "{token}");
        }
    }
}
