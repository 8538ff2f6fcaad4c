//! Properties for any input: nothing panics, no forged token passes, and every good one does.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claims::testing::{TestKey, key_set};
use claims::{KeySet, Policy, Rejection, Scopes, TokenUse, UnverifiedToken};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::{AUDIENCE, ISSUER, NOW, access, check};

/// JSON values with the shapes and sizes that tokens have.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("RS256")),
        Just(json!(ISSUER)),
        Just(json!(AUDIENCE)),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

fn claim_name() -> impl Strategy<Value = String> {
    const KNOWN: [&str; 15] = [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "sid",
        "client_id",
        "scope",
        "fresh",
        "auth_time",
        "preferred_username",
        "ver",
        "ext",
    ];
    prop_oneof![4 => prop::sample::select(&KNOWN[..]).prop_map(str::to_owned), 1 => ".{0,8}"]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_parser_panic_or_pass(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for token_use in [TokenUse::Access, TokenUse::Refresh] {
            prop_assert!(UnverifiedToken::parse(&bytes, token_use).is_err());
        }
    }

    #[test]
    fn no_text_of_three_parts_passes_without_a_signature(
        header in any_json(), claims in any_json(), signature in prop::collection::vec(any::<u8>(), 0..300)
    ) {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let token = format!("{}.{}.{}", part(&header), part(&claims), URL_SAFE_NO_PAD.encode(signature));
        prop_assert!(check(&token).is_err());
    }

    #[test]
    fn any_header_with_any_member_changed_is_judged_without_panic(
        name in prop_oneof!["alg|typ|kid|crit|b64|jwk|jku|x5u|x5c|cty", ".{0,8}"], value in any_json()
    ) {
        let changed = access().header(&name, value.clone());
        let token = changed.unsigned();
        prop_assert!(check(&token).is_err(), "nothing without a signature passes");
    }

    #[test]
    fn no_documents_make_the_key_set_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(KeySet::from_json(&bytes).is_err());
    }

    #[test]
    fn strange_keys_leave_the_good_one_usable(strange in prop::collection::vec(any_json(), 0..6)) {
        let mut keys = strange;
        keys.push(json!(TestKey::FIRST.jwk()));
        let set = KeySet::from_json(json!({"keys": keys}).to_string().as_bytes()).unwrap();
        prop_assert!(set.get(&TestKey::FIRST.kid()).is_some());
    }

    #[test]
    fn scopes_read_back_as_they_print(text in "[a-z:]{1,4}( [a-z:]{1,4}){0,6}") {
        let scopes: Scopes = text.parse().unwrap();
        prop_assert_eq!(scopes.to_string().parse::<Scopes>().unwrap(), scopes.clone());
        prop_assert!(text.split(' ').all(|scope| scopes.contains(scope)));
    }
}

proptest! {
    // Each case signs, which is slow beside checking.
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_signed_claim_of_any_value_is_judged_by_the_rules(name in claim_name(), value in any_json()) {
        let token = access().claim(&name, value.clone()).sign();
        if let Ok(accepted) = check(&token) {
            prop_assert_eq!(accepted.iss.as_str(), ISSUER);
            prop_assert!(accepted.aud.iter().any(|aud| aud == AUDIENCE));
            prop_assert!(accepted.exp > NOW - 31);
            prop_assert!(!accepted.sub.is_empty() && !accepted.jti.is_empty());
        }
    }

    #[test]
    fn any_moment_is_judged_by_the_same_edges(now in any::<i64>()) {
        let policy = Policy::new(ISSUER, AUDIENCE);
        let verdict = claims::verify_access(&access().sign(), &key_set(&[TestKey::FIRST]), &policy, now);
        let expected = match now {
            now if now < NOW - 30 => Some(Rejection::IssuedInFuture),
            now if now >= NOW + 900 + 30 => Some(Rejection::Expired),
            _ => None,
        };
        prop_assert_eq!(verdict.err(), expected);
    }
}
