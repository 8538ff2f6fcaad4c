//! Claims that are missing, of the wrong type, or for other issuers and audiences.

use claims::Rejection::{ClaimType, MissingClaim, WrongAudience, WrongIssuer};
use claims::testing::{TestKey, TokenBuilder};
use claims::{AccessClaims, FIRST_PARTY, Rejection};
use serde_json::{Value, json};

use crate::common::{
    AUDIENCE, ISSUER, NOW, access, assert_all_rejected, check, check_refresh, refresh,
};

#[test]
fn a_missing_required_claim_is_named() {
    for name in ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "sid"] {
        let rejected = check(&access().without(name).sign());
        assert_eq!(rejected.unwrap_err(), MissingClaim(name));
    }
    for name in ["iss", "sub", "aud", "exp", "iat", "jti", "sid"] {
        let rejected = check_refresh(&refresh().without(name).sign());
        assert_eq!(rejected.unwrap_err(), MissingClaim(name));
    }
}

#[test]
fn claims_for_display_freshness_and_rights_may_be_missing() {
    for name in ["fresh", "auth_time", "preferred_username", "ver", "ext"] {
        assert!(check(&access().without(name).sign()).is_ok(), "{name}");
    }
}

#[test]
fn each_claim_must_be_of_its_json_type() {
    let texts = ["iss", "sub", "jti", "sid", "client_id", "scope", "preferred_username"];
    let not_text = [Value::Null, json!(1), json!(true), json!(["x"]), json!({"x": "x"})];
    let numbers = ["exp", "iat", "nbf", "auth_time", "ver"];
    let not_number =
        [Value::Null, json!("1800000000"), json!(true), json!([1]), json!({}), json!(1.5)];
    let not_bool = [Value::Null, json!("true"), json!(1), json!([true])];
    for name in texts {
        wrong_type(name, &not_text);
    }
    for name in numbers {
        wrong_type(name, &not_number);
    }
    wrong_type("fresh", &not_bool);
    wrong_type("ext", &[Value::Null, json!("{}"), json!(1), json!(true), json!([{}])]);
}

#[track_caller]
fn wrong_type(name: &'static str, values: &[Value]) {
    for value in values {
        let rejected = check(&access().claim(name, value.clone()).sign());
        assert_eq!(rejected.unwrap_err(), ClaimType(name), "{name} = {value}");
    }
}

#[test]
fn times_are_plain_integers_within_64_bits() {
    for text in ["1.8e9", "1800000900.0", "1e9", "9223372036854775808", "1e300", "-0.0"] {
        for name in ["exp", "iat", "nbf", "auth_time", "ver"] {
            let claims =
                access().without(name).claims_json().replace('{', &format!("{{\"{name}\":{text},"));
            let token = access().sign_json(access().header_json(), claims);
            assert_eq!(check(&token).unwrap_err(), ClaimType(name), "{name} = {text}");
        }
    }
}

#[test]
fn the_issuer_must_be_ours_to_the_letter() {
    let slash = format!("{ISSUER}/");
    for issuer in
        ["https://evil.example", &slash, "HTTPS://AUTH.EXAMPLE", "", "https://auth.example\0"]
    {
        assert_eq!(
            check(&access().claim("iss", issuer).sign()).unwrap_err(),
            WrongIssuer,
            "{issuer:?}"
        );
    }
    let list = access().claim("iss", json!([ISSUER])).sign();
    assert_eq!(check(&list).unwrap_err(), ClaimType("iss"));
}

#[test]
fn the_audience_is_a_string_or_a_list_of_strings_that_holds_ours() {
    for audience in [
        json!(AUDIENCE),
        json!([AUDIENCE]),
        json!(["a", AUDIENCE, "b"]),
        json!([AUDIENCE, AUDIENCE]),
    ] {
        assert!(check(&access().claim("aud", audience.clone()).sign()).is_ok(), "{audience}");
    }
    for audience in [
        json!(""),
        json!([]),
        json!("users-api "),
        json!("USERS-API"),
        json!("auth-service"),
        json!(["auth-service", "users"]),
        json!("auth-service users-api"),
    ] {
        let rejected = check(&access().claim("aud", audience.clone()).sign());
        assert_eq!(rejected.unwrap_err(), WrongAudience, "{audience}");
    }
    for audience in [
        json!([AUDIENCE, 1]),
        json!([1, AUDIENCE]),
        json!([AUDIENCE, null]),
        json!([[AUDIENCE]]),
        json!({"a": AUDIENCE}),
        json!(1),
        Value::Null,
        json!(true),
    ] {
        let rejected = check(&access().claim("aud", audience.clone()).sign());
        assert_eq!(rejected.unwrap_err(), ClaimType("aud"), "{audience}");
    }
}

#[test]
fn names_must_name_something() {
    assert_all_rejected(&[
        ("sub", access().claim("sub", "").sign(), ClaimType("sub")),
        ("jti", access().claim("jti", "").sign(), ClaimType("jti")),
        ("sid", access().claim("sid", "").sign(), ClaimType("sid")),
        ("scope", access().claim("scope", "users:read  x").sign(), ClaimType("scope")),
    ]);
    assert!(check(&access().claim("scope", "").sign()).unwrap().scope.is_empty());
}

#[test]
fn a_service_account_has_no_session_and_needs_none() {
    let token = TokenBuilder::service(TestKey::FIRST, ISSUER, AUDIENCE, NOW, "reports");
    let account = check(&token.sign()).unwrap();
    assert!(account.is_service_account());
    assert_eq!((account.sid.as_deref(), account.fresh), (None, None));
    let pretender = token.claim("client_id", FIRST_PARTY).sign();
    assert_eq!(check(&pretender).unwrap_err(), MissingClaim("sid"));
}

#[test]
fn unknown_claims_are_ignored() {
    let token = access().claim("custom", json!({"deep": [1, 2.5, null, "x", {"y": false}]})).sign();
    assert!(check(&token).is_ok());
}

#[test]
fn nothing_is_believed_before_the_signature() {
    let token = access().claim("exp", 1).claim("iss", "https://evil.example").sign();
    let (content, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{content}.{}", "A".repeat(342));
    assert_eq!(check(&forged).unwrap_err(), Rejection::BadSignature);
}

#[test]
fn verified_claims_serialise_to_what_was_signed() {
    let access = || access().claim("ver", 3).claim("ext", json!({"plan": "pro"}));
    let claims = check(&access().sign()).unwrap().into_claims();
    let wire = serde_json::to_value(&claims).unwrap();
    let signed: Value = serde_json::from_str(&access().claims_json()).unwrap();
    assert_eq!(wire, signed);
    let service = AccessClaims {
        sid: None,
        fresh: None,
        auth_time: None,
        preferred_username: None,
        ver: None,
        ext: None,
        ..claims
    };
    let mut names: Vec<String> =
        serde_json::to_value(&service).unwrap().as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub"]);
    let refresh_claims = check_refresh(&refresh().sign()).unwrap().into_claims();
    let signed: Value = serde_json::from_str(&refresh().claims_json()).unwrap();
    assert_eq!(serde_json::to_value(refresh_claims).unwrap(), signed);
}
