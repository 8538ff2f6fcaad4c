//! Which documents make a key set, and which keys in them are used.

use claims::testing::{TestKey, jwk_set};
use claims::{Jwk, JwkSet, KeyError, KeySet, KeySetError, VerifyingKey, thumbprint};
use serde_json::{Value, json};

fn good() -> Value {
    json!(TestKey::FIRST.jwk())
}

/// A good key with some members changed; `null` removes one.
fn with(changes: &Value) -> Value {
    let mut key = good();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            key.as_object_mut().unwrap().remove(name);
        } else {
            key[name] = value.clone();
        }
    }
    key
}

fn read(keys: &Value) -> Result<KeySet, KeySetError> {
    KeySet::from_json(json!({"keys": keys}).to_string().as_bytes())
}

#[test]
fn a_set_lists_the_keys_that_it_does_not_use_with_the_reasons() {
    let keys = json!([
        TestKey::FIRST.jwk(),
        Jwk::rsa(&[0xC3; 128], &[1, 0, 1]),
        {"kty": "EC", "kid": "x".repeat(1_000)},
        7,
    ]);
    let set = read(&keys).unwrap();
    let reasons: Vec<_> = set.skipped().iter().map(|key| key.reason).collect();
    assert_eq!(reasons, [KeyError::Size, KeyError::KeyType, KeyError::Malformed]);
    assert_eq!(set.skipped()[1].kid.as_ref().unwrap().len(), 64);
    assert_eq!(set.skipped()[2].kid, None);
    let many = json!(
        [TestKey::FIRST.jwk(); 1]
            .iter()
            .map(|key| json!(key))
            .chain((0..100).map(|_| json!(7)))
            .collect::<Vec<_>>()
    );
    assert_eq!(read(&many).unwrap().skipped().len(), 16);
}

#[test]
fn a_published_set_reads_back() {
    let document = serde_json::to_vec(&jwk_set(&[TestKey::FIRST, TestKey::STRONG])).unwrap();
    let set = KeySet::from_json(&document).unwrap();
    assert_eq!(set.len(), 2);
    assert_eq!(set.get(&TestKey::FIRST.kid()).unwrap().bits(), 2048);
    assert_eq!(set.get(&TestKey::STRONG.kid()).unwrap().bits(), 3072);
    assert!(set.get("other").is_none());
}

#[test]
fn a_published_key_has_these_members_and_no_other() {
    let key = good();
    let mut names: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!(
        (&key["kty"], &key["use"], &key["alg"], &key["e"]),
        (&json!("RSA"), &json!("sig"), &json!("RS256"), &json!("AQAB"))
    );
}

#[test]
fn private_members_do_not_survive_reading() {
    let leaked = with(&json!({"d": "AQAB", "p": "AQAB"}));
    let jwk: Jwk = serde_json::from_value(leaked).unwrap();
    assert!(json!(jwk).get("d").is_none());
}

#[test]
fn the_thumbprint_is_that_of_rfc_7638() {
    // The example of RFC 7638 §3.1.
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let n = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, n).unwrap();
    let expected = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
    assert_eq!(thumbprint(&n, &[1, 0, 1]), expected);
    let leading_zeros: Vec<u8> = [0, 0].into_iter().chain(n).collect();
    assert_eq!(thumbprint(&leading_zeros, &[0, 1, 0, 1]), expected);
}

#[test]
fn each_unusable_key_is_left_out_for_its_reason() {
    let n_of = |bytes: usize| json!(Jwk::rsa(&vec![0xC3; bytes], &[1, 0, 1]).n);
    let cases: Vec<(&str, Value, KeyError)> = vec![
        ("oct", json!({"kty": "oct", "kid": "x"}), KeyError::KeyType),
        (
            "EC",
            json!({"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ", "kid": "x"}),
            KeyError::KeyType,
        ),
        ("rsa in small letters", with(&json!({"kty": "rsa"})), KeyError::KeyType),
        ("for encryption", with(&json!({"use": "enc"})), KeyError::Purpose),
        ("for another algorithm", with(&json!({"alg": "RS512"})), KeyError::Purpose),
        ("for encryption, by alg", with(&json!({"alg": "RSA-OAEP"})), KeyError::Purpose),
        ("for signing only", with(&json!({"key_ops": ["sign"]})), KeyError::Purpose),
        ("without kid", with(&json!({"kid": null})), KeyError::NoKeyId),
        ("with an empty kid", with(&json!({"kid": ""})), KeyError::NoKeyId),
        ("without n", with(&json!({"n": null})), KeyError::Encoding),
        ("without e", with(&json!({"e": null})), KeyError::Encoding),
        ("with padding", with(&json!({"e": "AQAB=="})), KeyError::Encoding),
        ("with an empty n", with(&json!({"n": ""})), KeyError::Encoding),
        ("with a leading zero", with(&json!({"e": "AAEAAQ"})), KeyError::Encoding),
        ("of 512 bits", with(&json!({"n": n_of(64)})), KeyError::Size),
        ("of 1024 bits", with(&json!({"n": n_of(128)})), KeyError::Size),
        ("of 2040 bits", with(&json!({"n": n_of(255)})), KeyError::Size),
        ("of 4104 bits", with(&json!({"n": n_of(513)})), KeyError::Size),
        ("of 32768 bits", with(&json!({"n": n_of(4096)})), KeyError::Size),
        ("with e = 3", with(&json!({"e": "Aw"})), KeyError::Exponent),
        ("with e = 1", with(&json!({"e": "AQ"})), KeyError::Exponent),
        ("with a large e", with(&json!({"e": "AQAAAAE"})), KeyError::Exponent),
    ];
    for (name, value, reason) in cases {
        let jwk: Jwk = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(VerifyingKey::from_jwk(&jwk).unwrap_err(), reason, "{name}");
        assert_eq!(read(&json!([value])).unwrap_err(), KeySetError::Empty, "{name}");
        let beside = json!([value, TestKey::SECOND.jwk()]);
        assert_eq!(read(&beside).unwrap().len(), 1, "{name} beside a good one");
    }
}

#[test]
fn a_key_whose_private_half_is_published_is_left_out() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        let leaked = with(&json!({member: "AQAB"}));
        assert_eq!(read(&json!([leaked])).unwrap_err(), KeySetError::Empty, "{member}");
    }
}

#[test]
fn a_key_whose_private_half_is_published_is_left_out_under_every_kid_and_purpose() {
    let modulus = TestKey::FIRST.jwk().n.unwrap();
    for leaked in [
        with(&json!({"kid": "other", "d": "AQAB"})),
        with(&json!({"kid": null, "use": "enc", "d": "AQAB"})),
        with(&json!({"kid": "other", "e": "Aw", "d": "AQAB"})),
        with(&json!({"kid": "other", "n": format!("{modulus}=="), "d": "AQAB"})),
    ] {
        for order in [json!([good(), leaked]), json!([leaked, good()])] {
            assert_eq!(read(&order).unwrap_err(), KeySetError::Empty, "{leaked}");
        }
        let beside = read(&json!([good(), leaked, TestKey::SECOND.jwk()])).unwrap();
        assert_eq!(beside.kids().collect::<Vec<_>>(), [TestKey::SECOND.kid()], "{leaked}");
    }
}

#[test]
fn members_of_wrong_types_spoil_their_key_only() {
    for broken in [
        json!(null),
        json!(1),
        json!("x"),
        json!([]),
        json!({}),
        with(&json!({"n": 1})),
        with(&json!({"kid": 1})),
        with(&json!({"use": ["sig"]})),
    ] {
        let set = read(&json!([broken, TestKey::SECOND.jwk()])).unwrap();
        assert_eq!(set.kids().collect::<Vec<_>>(), [TestKey::SECOND.kid()], "{broken}");
    }
}

#[test]
fn absent_use_and_alg_are_fine_and_unknown_members_too() {
    let key =
        with(&json!({"use": null, "alg": null, "x5t": "abc", "key_ops": ["verify"], "nbf": 1}));
    assert_eq!(read(&json!([key])).unwrap().len(), 1);
}

#[test]
fn two_keys_under_one_kid_are_both_rejected() {
    let kid = TestKey::FIRST.kid();
    let impostor = with(&json!({"n": TestKey::SECOND.jwk().n}));
    for order in
        [json!([good(), impostor]), json!([impostor, good()]), json!([good(), impostor, good()])]
    {
        assert_eq!(read(&order).unwrap_err(), KeySetError::Empty);
    }
    let set = read(&json!([good(), impostor, TestKey::THIRD.jwk()])).unwrap();
    assert!(set.get(&kid).is_none());
    assert_eq!(set.len(), 1);
}

#[test]
fn the_same_key_twice_is_one_key() {
    assert_eq!(read(&json!([good(), good()])).unwrap().len(), 1);
}

#[test]
fn an_unusable_key_takes_no_kid_from_a_usable_one() {
    let weak = with(&json!({"n": Jwk::rsa(&[0xC3; 128], &[1, 0, 1]).n}));
    assert_eq!(read(&json!([weak, good()])).unwrap().len(), 1);
}

#[test]
fn documents_that_are_no_key_set_are_rejected() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        "<html></html>",
        r#"{"keys":{}}"#,
        r#"{"keys":null}"#,
        r#"{"keys":"x"}"#,
        r#"{"keys":[]"#,
        r#"{"keys":[]} x"#,
        r#"{"keys":[],"keys":[]}"#,
    ] {
        assert_eq!(
            KeySet::from_json(text.as_bytes()).unwrap_err(),
            KeySetError::Malformed,
            "{text}"
        );
    }
    assert_eq!(read(&json!([])).unwrap_err(), KeySetError::Empty);
    let deep = format!("{{\"keys\":[{}{}]}}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(KeySet::from_json(deep.as_bytes()).unwrap_err(), KeySetError::Malformed);
    assert_eq!(KeySet::from_json(b"{\"keys\":[\"\xff\"]}").unwrap_err(), KeySetError::Malformed);
}

#[test]
fn an_empty_set_serialises_as_an_empty_list() {
    assert_eq!(serde_json::to_string(&JwkSet::default()).unwrap(), r#"{"keys":[]}"#);
}
