use aws_lc_rs::hmac;
use serde_json::json;

use super::*;
use crate::sessions::legacy::LegacyKey;

const SECRET: &str = "q8Zr3Wm5Tn1Yp6Xc4Vb2Nk7Lj9Hg0Fd3";
const NOW: i64 = 1_000_000;

fn tokens() -> LegacyTokens {
    let key = LegacyKey::from_secret(SECRET.to_owned().into()).unwrap();
    LegacyTokens { key, cutoff: UnixSeconds::new(NOW + 1_000), issuer: None, audience: None }
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
fn a_token_expires_at_its_exp_or_without_it_at_the_cutoff() {
    assert_eq!(verify(&signed(&with("exp", json!(NOW)))), Err(LegacyRejection::Expired));
    assert!(verify(&signed(&with("exp", json!(NOW + 1)))).is_ok());
    let endless = signed(&with("exp", Value::Null));
    assert!(tokens().verify(&endless, UnixSeconds::new(NOW + 999)).is_ok());
    let late = tokens().verify(&endless, UnixSeconds::new(NOW + 1_000));
    assert_eq!(late, Err(LegacyRejection::Expired));
}

#[test]
fn a_token_from_after_the_cutoff_or_from_the_future_is_rejected() {
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
fn access_tokens_foreign_signatures_and_odd_headers_are_rejected() {
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

#[test]
fn issuer_and_audience_must_be_those_of_the_settings() {
    let bound = LegacyTokens {
        issuer: Some("https://old.example".to_owned()),
        audience: Some("old-api".to_owned()),
        ..tokens()
    };
    let token = |iss: Value, aud: Value| {
        let mut claims = flask();
        (claims["iss"], claims["aud"]) = (iss, aud);
        signed(&claims)
    };
    let (issuer, now) = (json!("https://old.example"), UnixSeconds::new(NOW));
    for aud in [json!("old-api"), json!(["other", "old-api"])] {
        let token = token(issuer.clone(), aud);
        assert!(bound.verify(&token, now).is_ok());
        // Its audience is not this service, as far as the settings tell.
        assert_eq!(verify(&token), Err(LegacyRejection::Invalid));
    }
    assert!(verify(&token(issuer.clone(), Value::Null)).is_ok());
    for (iss, aud) in [
        (Value::Null, json!("old-api")),
        (json!("https://other.example"), json!("old-api")),
        (json!(["https://old.example"]), json!("old-api")),
        (issuer.clone(), Value::Null),
        (issuer.clone(), json!("other")),
        (issuer.clone(), json!([])),
        (issuer.clone(), json!([1, null])),
        (issuer.clone(), json!({ "old-api": 1 })),
    ] {
        let found = bound.verify(&token(iss.clone(), aud.clone()), now);
        assert_eq!(found, Err(LegacyRejection::Invalid), "{iss} {aud}");
    }
}

#[test]
fn a_token_that_repeats_a_member_is_rejected() {
    let claims = flask().to_string().replacen('{', r#"{"sub":"other","#, 1);
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
    let part = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let token = format!("{part}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, part.as_bytes())));
    assert_eq!(verify(&token), Err(LegacyRejection::Invalid));
}
