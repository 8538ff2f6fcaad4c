//! Issuers that are not ours, by settings.

use claims::testing::{TestKey, TokenBuilder, key_set};
use claims::{AccessToken, Claim, Policy, Rejection, verify_access};
use serde_json::{Value, json};

const ISSUER: &str = "https://login.example.org/tenant";
const NOW: i64 = 1_800_000_000;

/// What a typical foreign issuer signs.
fn foreign() -> TokenBuilder {
    TokenBuilder::access(TestKey::SECOND, ISSUER, "api://reports", NOW)
        .header("typ", "JWT")
        .claim("aud", "api://reports")
        .claim("azp", "web")
        .without("sid")
        .without("client_id")
        .without("jti")
        .without("scope")
        .without("fresh")
        .without("auth_time")
        .without("preferred_username")
}

fn check(token: &TokenBuilder, policy: &Policy) -> Result<AccessToken, Rejection> {
    verify_access(&token.sign(), &key_set(&[TestKey::SECOND]), policy, NOW)
}

fn any() -> Policy {
    Policy::any_issuer(ISSUER, "api://reports")
}

#[test]
fn the_strict_policy_rejects_foreign_tokens() {
    let strict = Policy::new(ISSUER, "api://reports");
    assert_eq!(check(&foreign(), &strict).unwrap_err(), Rejection::TokenType);
    let typed = foreign().header("typ", "at+jwt");
    assert!(matches!(check(&typed, &strict), Err(Rejection::MissingClaim(_))));
}

#[test]
fn a_foreign_token_is_accepted_by_a_policy_for_any_issuer() {
    let token = check(&foreign(), &any()).unwrap();
    assert_eq!((token.jti.as_str(), token.client_id.as_deref()), ("", None));
    assert!(token.scope.is_empty());
    assert!(check(&foreign().without_header("typ"), &any()).is_ok());
    assert!(check(&foreign().header("typ", "at+jwt"), &any()).is_ok());
    assert!(check(&foreign().without("iat"), &any()).is_ok());
}

#[test]
fn the_four_claims_that_make_a_token_stay_required() {
    for name in ["iss", "sub", "aud", "exp"] {
        let rejected = check(&foreign().without(name), &any());
        assert_eq!(rejected.unwrap_err(), Rejection::MissingClaim(name));
    }
}

#[test]
fn claims_are_of_their_type_for_every_issuer() {
    for (name, value) in
        [("iat", json!("1")), ("jti", json!(1)), ("scope", json!(["a"])), ("sid", Value::Null)]
    {
        let rejected = check(&foreign().claim(name, value), &any());
        assert_eq!(rejected.unwrap_err(), Rejection::ClaimType(name));
    }
}

#[test]
fn times_of_another_issuer_may_have_a_fraction_and_our_own_may_not() {
    let whole = |name| check(&foreign().claim(name, NOW as f64 + 5.75), &any());
    assert_eq!(whole("exp").unwrap().exp, NOW + 5);
    assert_eq!(whole("iat").unwrap().iat, NOW + 5);
    assert_eq!(whole("nbf").unwrap().nbf, Some(NOW + 5));
    let expired = foreign().claim("exp", NOW as f64 - 29.25);
    assert_eq!(check(&expired, &any()).unwrap_err(), Rejection::Expired);
    for (name, value) in [("exp", json!(1e300)), ("exp", json!(u64::MAX)), ("iat", json!(-1e300))] {
        let rejected = check(&foreign().claim(name, value), &any());
        assert_eq!(rejected.unwrap_err(), Rejection::ClaimType(name));
    }
    for name in ["exp", "iat", "nbf", "auth_time"] {
        let own = crate::common::access().claim(name, NOW as f64 + 0.5).sign();
        assert_eq!(crate::common::check(&own).unwrap_err(), Rejection::ClaimType(name));
    }
}

#[test]
fn a_fresh_of_another_kind_is_ignored_in_a_foreign_token_and_rejected_in_our_own() {
    let token = check(&foreign().claim("fresh", NOW as f64 + 0.5), &any()).unwrap();
    assert_eq!(token.fresh, None);
    assert_eq!(check(&foreign().claim("fresh", true), &any()).unwrap().fresh, Some(true));
    let own = crate::common::access().claim("fresh", NOW).sign();
    assert_eq!(crate::common::check(&own).unwrap_err(), Rejection::ClaimType("fresh"));
}

#[test]
fn types_and_claims_are_settings() {
    let typed = any().token_types(["application/JWT"]).untyped(false);
    assert!(check(&foreign(), &typed).is_ok());
    assert_eq!(check(&foreign().without_header("typ"), &typed).unwrap_err(), Rejection::TokenType);
    assert_eq!(
        check(&foreign().header("typ", "at+jwt"), &typed).unwrap_err(),
        Rejection::TokenType
    );
    let pairs = [
        (Claim::IssuedAt, "iat"),
        (Claim::NotBefore, "nbf"),
        (Claim::TokenId, "jti"),
        (Claim::ClientId, "client_id"),
        (Claim::Scope, "scope"),
        (Claim::Session, "sid"),
        (Claim::AuthTime, "auth_time"),
    ];
    for (claim, name) in pairs {
        let without = foreign().without(name);
        let required = any().require(claim);
        assert_eq!(check(&without, &required).unwrap_err(), Rejection::MissingClaim(name));
        assert!(check(&without, &required.allow_missing(claim)).is_ok(), "{name}");
    }
}
