//! Tokens for tests, good ones and ones that are wrong in one point.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Map, Value, json};

use super::TestKey;

/// Builds a signed token member by member.
#[derive(Debug, Clone)]
pub struct TokenBuilder {
    key: TestKey,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl TokenBuilder {
    /// A good access token of a person, signed at `now` (Unix seconds) for 15 minutes, fresh, with
    /// the scopes `users:read users:email`, in session `session-1`.
    #[must_use]
    pub fn access(key: TestKey, issuer: &str, audience: &str, now: i64) -> Self {
        Self::new(key, "at+jwt", issuer, now, 900)
            .claim("aud", json!([issuer, audience]))
            .claim("sid", "session-1")
            .claim("client_id", crate::FIRST_PARTY)
            .claim("scope", "users:read users:email")
            .claim("fresh", true)
            .claim("auth_time", now)
            .claim("preferred_username", "ana")
    }

    /// A good access token of the service account `client`, with the scope `users:read`.
    #[must_use]
    pub fn service(key: TestKey, issuer: &str, audience: &str, now: i64, client: &str) -> Self {
        Self::new(key, "at+jwt", issuer, now, 900)
            .claim("aud", json!([audience]))
            .claim("sub", client)
            .claim("client_id", client)
            .claim("scope", "users:read")
    }

    /// A good refresh token of a person, signed at `now` (Unix seconds) for 7 days.
    #[must_use]
    pub fn refresh(key: TestKey, issuer: &str, audience: &str, now: i64) -> Self {
        Self::new(key, "refresh+jwt", issuer, now, 7 * 86_400)
            .claim("aud", audience)
            .claim("sid", "session-1")
    }

    fn new(key: TestKey, typ: &str, issuer: &str, now: i64, lifetime: i64) -> Self {
        Self { key, header: Map::new(), claims: Map::new() }
            .header("alg", "RS256")
            .header("typ", typ)
            .header("kid", key.kid())
            .claim("iss", issuer)
            .claim("sub", "7f6c1a2e-5f0b-4d8e-9a51-0c3f5a1d2b3c")
            .claim("exp", now + lifetime)
            .claim("iat", now)
            .claim("jti", "token-1")
    }

    /// Sets a header member.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Leaves a header member out.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// Sets a claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Leaves a claim out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// The header as JSON text, to be changed by hand.
    #[must_use]
    pub fn header_json(&self) -> String {
        Value::Object(self.header.clone()).to_string()
    }

    /// The claims as JSON text, to be changed by hand.
    #[must_use]
    pub fn claims_json(&self) -> String {
        Value::Object(self.claims.clone()).to_string()
    }

    /// The token, signed with RS256 whatever its header says.
    #[must_use]
    pub fn sign(&self) -> String {
        self.sign_json(self.header_json(), self.claims_json())
    }

    /// A token of these two texts, which need not be JSON, signed with RS256.
    #[must_use]
    pub fn sign_json(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        let content = join(&[encode(header), encode(claims)]);
        self.sign_content(&content)
    }

    /// Appends an RS256 signature over `content` as it is.
    #[must_use]
    pub fn sign_content(&self, content: &str) -> String {
        join(&[content.to_owned(), signature(content, &self.key.encoding_key(), Algorithm::RS256)])
    }

    /// The token with `alg` naming this algorithm and a true signature of that kind, by the RSA
    /// key. `algorithm` is `RS384`, `RS512`, `PS256` or the like.
    #[must_use]
    pub fn sign_as(&self, algorithm: &str) -> String {
        let parsed = algorithm.parse().expect("an algorithm of RFC 7518 §3.1");
        let builder = self.clone().header("alg", algorithm);
        let content = join(&[encode(builder.header_json()), encode(builder.claims_json())]);
        let signature = signature(&content, &self.key.encoding_key(), parsed);
        join(&[content, signature])
    }

    /// The token with `alg` HS256 and a MAC keyed with `secret`.
    #[must_use]
    pub fn sign_hs256(&self, secret: &[u8]) -> String {
        let builder = self.clone().header("alg", "HS256");
        let content = join(&[encode(builder.header_json()), encode(builder.claims_json())]);
        let mac = signature(&content, &EncodingKey::from_secret(secret), Algorithm::HS256);
        join(&[content, mac])
    }

    /// The token with an empty third part.
    #[must_use]
    pub fn unsigned(&self) -> String {
        join(&[encode(self.header_json()), encode(self.claims_json()), String::new()])
    }
}

fn signature(content: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    crypto::sign(content.as_bytes(), key, algorithm).expect("the key fits the algorithm")
}

fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

fn join(parts: &[String]) -> String {
    parts.join(".")
}
