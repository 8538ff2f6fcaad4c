//! Headers that try to choose the algorithm, the key or the meaning.

use claims::testing::TestKey;
use claims::{KeySet, Policy, Rejection, TokenUse, UnverifiedToken};
use serde_json::{Value, json};

use crate::common::{
    AUDIENCE, ISSUER, NOW, access, assert_all_rejected, check, check_refresh, refresh,
};

#[test]
fn only_the_algorithm_rs256_in_this_spelling_is_accepted() {
    let mut cases = Vec::new();
    for alg in [
        "none", "None", "NONE", "NoNe", "", " ", "rs256", "Rs256", "RS256 ", "RS256\0", "ES256",
        "EdDSA",
    ] {
        cases.push((alg, access().header("alg", alg).sign(), Rejection::Algorithm));
    }
    for alg in ["none", "NoNe", ""] {
        cases.push((alg, access().header("alg", alg).unsigned(), Rejection::Algorithm));
    }
    // True signatures of the same key, by algorithms that this verifier does not speak.
    for alg in ["RS384", "RS512", "PS256", "PS384", "PS512"] {
        cases.push((alg, access().sign_as(alg), Rejection::Algorithm));
    }
    cases.push(("missing", access().without_header("alg").sign(), Rejection::Algorithm));
    for value in [Value::Null, json!(256), json!(["RS256"]), json!({"RS256": true}), json!(true)] {
        cases.push(("not a string", access().header("alg", value).sign(), Rejection::Algorithm));
    }
    assert_all_rejected(&cases);
}

#[test]
fn a_token_without_signature_is_rejected_whatever_it_says() {
    assert_all_rejected(&[(
        "RS256 and no signature",
        access().unsigned(),
        Rejection::BadSignature,
    )]);
}

#[test]
fn a_mac_keyed_with_the_public_key_is_no_signature() {
    let key = TestKey::FIRST;
    let jwk = serde_json::to_string(&key.jwk()).unwrap();
    let pem = key.public_pem();
    let cases: Vec<(&str, String, Rejection)> = [
        ("PEM", pem.clone().into_bytes()),
        ("PEM without its last line end", pem.trim_end().as_bytes().to_vec()),
        ("DER", key.public_der()),
        ("JWK", jwk.into_bytes()),
        ("the modulus as text", key.jwk().n.unwrap().into_bytes()),
    ]
    .into_iter()
    .map(|(name, secret)| (name, access().sign_hs256(&secret), Rejection::Algorithm))
    .collect();
    assert_all_rejected(&cases);
}

#[test]
fn a_header_that_brings_its_own_key_is_rejected() {
    let foreign = || {
        claims::testing::TokenBuilder::access(TestKey::SECOND, ISSUER, AUDIENCE, NOW)
            .header("kid", TestKey::FIRST.kid())
    };
    let jwk = json!(TestKey::SECOND.jwk());
    assert_all_rejected(&[
        ("jwk", foreign().header("jwk", jwk).sign(), Rejection::ForbiddenHeader("jwk")),
        (
            "jku",
            foreign().header("jku", "http://127.0.0.1:1/").sign(),
            Rejection::ForbiddenHeader("jku"),
        ),
        (
            "x5u",
            foreign().header("x5u", "file:///etc/passwd").sign(),
            Rejection::ForbiddenHeader("x5u"),
        ),
        ("x5c", foreign().header("x5c", json!(["MIIB"])).sign(), Rejection::ForbiddenHeader("x5c")),
        (
            "jwk of null",
            access().header("jwk", Value::Null).sign(),
            Rejection::ForbiddenHeader("jwk"),
        ),
    ]);
}

#[test]
fn extensions_that_change_the_meaning_are_rejected() {
    assert_all_rejected(&[
        (
            "crit",
            access().header("crit", json!(["exp"])).sign(),
            Rejection::ForbiddenHeader("crit"),
        ),
        (
            "empty crit",
            access().header("crit", json!([])).sign(),
            Rejection::ForbiddenHeader("crit"),
        ),
        ("b64", access().header("b64", false).sign(), Rejection::ForbiddenHeader("b64")),
        ("b64 true", access().header("b64", true).sign(), Rejection::ForbiddenHeader("b64")),
        (
            "b64 as RFC 7797 has it",
            access().header("b64", false).header("crit", json!(["b64"])).sign(),
            Rejection::ForbiddenHeader("b64"),
        ),
    ]);
}

#[test]
fn members_without_meaning_here_are_ignored() {
    let token = access().header("cty", "JWT").header("x5t", "abc").header("x", json!({"y": [1]}));
    assert!(check(&token.sign()).is_ok());
}

#[test]
fn a_strange_kid_is_an_unknown_key() {
    let long = "k".repeat(5_000);
    for kid in [
        "../../../../dev/null",
        "/etc/passwd",
        "' OR '1'='1' --",
        "a\0b",
        "a\r\nX-Injected: yes",
        "\u{1b}[31m",
        "http://127.0.0.1:1/key",
        long.as_str(),
    ] {
        let token = access().header("kid", kid).sign();
        assert_eq!(check(&token).map(|_| ()), Err(Rejection::UnknownKey), "{kid:.40}");
    }
    assert_all_rejected(&[
        ("10 kB", access().header("kid", "k".repeat(10_000)).sign(), Rejection::TokenTooLarge),
        ("missing", access().without_header("kid").sign(), Rejection::MissingKeyId),
        ("empty", access().header("kid", "").sign(), Rejection::MissingKeyId),
        ("a number", access().header("kid", 1).sign(), Rejection::HeaderType("kid")),
        ("null", access().header("kid", Value::Null).sign(), Rejection::HeaderType("kid")),
        ("a list", access().header("kid", json!(["a"])).sign(), Rejection::HeaderType("kid")),
    ]);
}

#[test]
fn a_reason_never_repeats_what_the_token_says() {
    let token = access().header("kid", "evil\r\nline").claim("sub", "evil").sign();
    let reason = check(&token).unwrap_err();
    assert!(!reason.to_string().contains("evil"));
}

#[test]
fn the_type_is_compared_without_case_and_without_its_prefix() {
    for typ in ["at+jwt", "AT+JWT", "at+JWT", "application/at+jwt", "APPLICATION/at+jwt"] {
        assert!(check(&access().header("typ", typ).sign()).is_ok(), "{typ}");
    }
    let mut cases = Vec::new();
    for typ in [
        "JWT",
        "jwt",
        "",
        "at+jwt ",
        "application/",
        "text/at+jwt",
        "refresh+jwt",
        "applicatioñat+jwt",
    ] {
        cases.push((typ, access().header("typ", typ).sign(), Rejection::TokenType));
    }
    cases.push(("missing", access().without_header("typ").sign(), Rejection::TokenType));
    cases.push(("a number", access().header("typ", 1).sign(), Rejection::HeaderType("typ")));
    assert_all_rejected(&cases);
}

#[test]
fn a_refresh_token_is_no_access_token_and_the_reverse() {
    assert!(check_refresh(&refresh().sign()).is_ok());
    assert_eq!(check(&refresh().sign()).unwrap_err(), Rejection::TokenType);
    let claims = refresh().claim("aud", AUDIENCE).claims_json();
    let both = access().sign_json(refresh().header_json(), &claims);
    assert_eq!(check(&both).unwrap_err(), Rejection::TokenType);
    let as_refresh = access().claim("aud", "auth-service").sign();
    assert_eq!(check_refresh(&as_refresh).unwrap_err(), Rejection::TokenType);
}

#[test]
fn a_token_read_as_one_kind_cannot_be_verified_as_the_other() {
    let key = TestKey::FIRST.verifying_key();
    let (token, policy) = (refresh().sign(), Policy::new(ISSUER, "auth-service"));
    let unverified = UnverifiedToken::parse(&token, TokenUse::Refresh).unwrap();
    assert_eq!(unverified.unverified_kid(), TestKey::FIRST.kid());
    let rejected = unverified.verify_access(&key, &policy, NOW);
    assert_eq!(rejected.unwrap_err(), Rejection::TokenType);
    let other_key = TestKey::SECOND.verifying_key();
    let rejected = unverified.verify_refresh(&other_key, &policy, NOW);
    assert_eq!(rejected.unwrap_err(), Rejection::UnknownKey);
}

#[test]
fn without_keys_every_well_formed_token_has_an_unknown_key() {
    let policy = Policy::new(ISSUER, AUDIENCE);
    let rejected = claims::verify_access(&access().sign(), &KeySet::default(), &policy, NOW);
    assert_eq!(rejected.unwrap_err(), Rejection::UnknownKey);
}
