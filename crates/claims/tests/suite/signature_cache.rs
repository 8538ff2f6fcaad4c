//! The signature cache: a key remembers that a token's signature is good, and nothing else about the token.

use claims::Rejection::{BadSignature, Expired, WrongAudience};
use claims::testing::{TestKey, key_set};
use claims::{Jwk, KeySet, Policy, Rejection, VerifyingKey, verify_access};

use crate::common::{AUDIENCE, ISSUER, NOW, access};

fn verdict(token: &str, keys: &KeySet, now: i64) -> Result<(), Rejection> {
    verify_access(token, keys, &Policy::new(ISSUER, AUDIENCE), now).map(drop)
}

#[test]
fn a_token_seen_before_still_expires() {
    let (token, keys) = (access().sign(), key_set(&[TestKey::FIRST]));
    for _ in 0..3 {
        assert_eq!(verdict(&token, &keys, NOW), Ok(()));
    }
    assert_eq!(verdict(&token, &keys, NOW + 100_000), Err(Expired));
}

#[test]
fn a_token_seen_before_is_still_for_one_audience() {
    let (token, keys) = (access().sign(), key_set(&[TestKey::FIRST]));
    assert_eq!(verdict(&token, &keys, NOW), Ok(()));
    let other = verify_access(&token, &keys, &Policy::new(ISSUER, "billing"), NOW);
    assert_eq!(other.map(drop), Err(WrongAudience));
}

#[test]
fn no_change_of_one_character_passes_for_a_token_seen_before() {
    let (token, keys) = (access().sign(), key_set(&[TestKey::FIRST]));
    assert_eq!(verdict(&token, &keys, NOW), Ok(()));
    for place in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(verdict(&changed, &keys, NOW).is_err(), "character {place}");
    }
    assert_eq!(verdict(&token, &keys, NOW), Ok(()));
}

#[test]
fn the_parts_of_two_tokens_seen_before_make_no_third() {
    let keys = key_set(&[TestKey::FIRST]);
    let (one, other) = (access().sign(), access().claim("scope", "users:admin").sign());
    for token in [&one, &other] {
        assert_eq!(verdict(token, &keys, NOW), Ok(()));
    }
    let (content, _) = other.rsplit_once('.').unwrap();
    let (_, signature) = one.rsplit_once('.').unwrap();
    assert_eq!(verdict(&format!("{content}.{signature}"), &keys, NOW), Err(BadSignature));
}

#[test]
fn a_rejected_token_is_rejected_again() {
    let (token, keys) = (access().sign(), key_set(&[TestKey::FIRST]));
    let (content, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{content}.{}", "A".repeat(342));
    for _ in 0..3 {
        assert_eq!(verdict(&forged, &keys, NOW), Err(BadSignature));
    }
}

#[test]
fn another_key_under_the_same_kid_knows_nothing_of_it() {
    let token = access().sign();
    assert_eq!(verdict(&token, &key_set(&[TestKey::FIRST]), NOW), Ok(()));
    let other = Jwk { kid: Some(TestKey::FIRST.kid()), ..TestKey::SECOND.jwk() };
    let keys = KeySet::from_keys([VerifyingKey::from_jwk(&other).unwrap()]);
    assert_eq!(verdict(&token, &keys, NOW), Err(BadSignature));
}

#[test]
fn tokens_that_displace_each_other_are_all_accepted() {
    let keys = key_set(&[TestKey::FIRST]);
    // With so many tokens, some share a slot.
    let tokens: Vec<String> =
        (0..300).map(|n| access().claim("jti", n.to_string()).sign()).collect();
    for _ in 0..2 {
        for token in &tokens {
            assert_eq!(verdict(token, &keys, NOW), Ok(()));
        }
    }
}
