//! Things that are not a compact JWS of three strict parts.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use claims::testing::{TestKey, TokenBuilder};
use claims::{MAX_TOKEN_BYTES, Rejection};
use serde_json::json;

use crate::common::{AUDIENCE, ISSUER, NOW, access, assert_all_rejected, check};

#[test]
fn a_good_token_is_accepted() {
    let token = check(&access().sign()).unwrap();
    assert_eq!(token.sub, "7f6c1a2e-5f0b-4d8e-9a51-0c3f5a1d2b3c");
    assert_eq!(token.sid.as_deref(), Some("session-1"));
    assert!(token.scope.contains("users:read"));
}

#[test]
fn what_is_no_compact_jws_is_rejected() {
    let good = access().sign();
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    let json = json!({"payload": payload, "protected": header, "signature": signature});
    let general =
        json!({"payload": payload, "signatures": [{"protected": header, "signature": signature}]});
    let cases: Vec<(&str, String)> = vec![
        ("nothing", String::new()),
        ("one dot", ".".to_owned()),
        ("two dots", "..".to_owned()),
        ("many dots", ".".repeat(8000)),
        ("one part", header.to_owned()),
        ("two parts", format!("{header}.{payload}")),
        ("four parts", format!("{good}.{signature}")),
        ("five parts, as a JWE has", format!("{header}.{payload}.{signature}.{header}.{header}")),
        ("a leading dot", format!(".{good}")),
        ("a trailing dot", format!("{good}.")),
        ("no header", format!(".{payload}.{signature}")),
        ("JSON serialization, flattened", json.to_string()),
        ("JSON serialization, general", general.to_string()),
        ("white space before", format!(" {good}")),
        ("a tab in the header", format!("\t{good}")),
        ("a NUL before", format!("\0{good}")),
        ("a header that is no JSON", access().sign_json("{", access().claims_json())),
        ("a header that is an array", access().sign_json("[]", access().claims_json())),
        ("a header that is a string", access().sign_json("\"x\"", access().claims_json())),
        ("text behind the header", access().sign_json(access().header_json() + "x", "{}")),
        (
            "a byte order mark",
            access().sign_json("\u{feff}".to_owned() + &access().header_json(), "{}"),
        ),
        (
            "a header that is no UTF-8",
            access().sign_json(b"{\"alg\":\"RS256\",\"kid\":\"\xff\"}", "{}"),
        ),
        ("a lone surrogate", access().sign_json(r#"{"alg":"RS256","kid":"\ud800"}"#, "{}")),
        ("a header nested 500 deep", access().sign_json(deep(500), "{}")),
    ];
    for (name, token) in cases {
        assert_eq!(check(&token).map(|_| ()), Err(Rejection::Malformed), "{name}");
    }
}

fn deep(levels: usize) -> String {
    format!("{{\"x\":{}{}}}", "[".repeat(levels), "]".repeat(levels))
}

#[test]
fn claims_that_are_no_strict_json_object_are_rejected_even_when_signed() {
    let sign = |claims: &[u8]| access().sign_json(access().header_json(), claims);
    let good = access().claims_json();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", b"".to_vec()),
        ("an array", b"[]".to_vec()),
        ("a string", b"\"x\"".to_vec()),
        ("null", b"null".to_vec()),
        ("text behind", format!("{good} x").into_bytes()),
        ("a second object behind", format!("{good}{good}").into_bytes()),
        ("an open object", good.as_bytes()[..good.len() - 1].to_vec()),
        ("a trailing comma", good.replace('}', ",}").into_bytes()),
        ("a comment", good.replace('{', "{/**/").into_bytes()),
        ("not a number", good.replace('{', "{\"x\":NaN,").into_bytes()),
        ("a number beyond all bounds", good.replace('{', "{\"x\":1e400,").into_bytes()),
        ("nested 500 deep", good.replace('{', &format!("{{\"x\":{},", deep(500))).into_bytes()),
        ("no UTF-8", b"{\"iss\":\"\xff\"}".to_vec()),
    ];
    for (name, claims) in cases {
        assert_eq!(check(&sign(&claims)).map(|_| ()), Err(Rejection::Malformed), "{name}");
    }
}

#[test]
fn parts_are_strict_base64url() {
    let good = access().sign();
    let (content, signature) = good.rsplit_once('.').unwrap();
    let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let standard = STANDARD_NO_PAD.encode(&raw);
    assert_ne!(standard, signature, "the test key's signature has characters that differ");
    let header = content.split('.').next().unwrap();
    let payload = URL_SAFE.encode(access().claims_json() + "  ".get(..padding_gap()).unwrap());
    assert!(payload.ends_with('='));
    let padded_payload = access().sign_content(&format!("{header}.{payload}"));
    let cases: Vec<(&str, String, Rejection)> = vec![
        ("a padded signature", format!("{good}=="), Rejection::Malformed),
        ("a padded payload, signed so", padded_payload, Rejection::Malformed),
        ("the standard alphabet", format!("{content}.{standard}"), Rejection::Malformed),
        ("a space behind", format!("{good} "), Rejection::Malformed),
        ("a line end behind", format!("{good}\r\n"), Rejection::Malformed),
        ("a line end inside", format!("{content}.\n{}", &signature[1..]), Rejection::Malformed),
        ("stray last bits", format!("{content}.{}", stray_bits(signature)), Rejection::Malformed),
        ("percent-encoding", good.replacen('.', "%2e", 1), Rejection::Malformed),
    ];
    assert_all_rejected(&cases);
}

/// Spaces behind the claims that make their length need padding.
fn padding_gap() -> usize {
    usize::from(access().claims_json().len().is_multiple_of(3))
}

/// The same bytes to a lenient decoder: 256 bytes leave four unused bits in the last character.
fn stray_bits(signature: &str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = *signature.as_bytes().last().unwrap();
    let index = alphabet.iter().position(|c| *c == last).unwrap();
    assert_eq!(index % 16, 0, "a strict encoder leaves the unused bits zero");
    let mut text = signature.to_owned();
    text.pop();
    text.push(alphabet[index + 1] as char);
    text
}

#[test]
fn member_names_may_not_repeat_at_any_depth() {
    let header = access().header_json();
    let claims = access().claims_json();
    let with_header = |json: String| access().sign_json(json, &claims);
    let with_claims = |json: String| access().sign_json(&header, json);
    let many: String = (0..400).map(|n| format!("\"c{n}\":0,")).collect();
    let cases: Vec<(&str, String, Rejection)> = [
        ("alg twice, the same", with_header(header.replace('{', r#"{"alg":"RS256","#))),
        ("kid twice", with_header(header.replace('{', r#"{"kid":"other","#))),
        ("alg twice, once escaped", with_header(header.replace('{', r#"{"\u0061lg":"RS256","#))),
        ("an unknown member twice", with_header(header.replace('{', r#"{"x":1,"x":1,"#))),
        ("nested in the header", with_header(header.replace('{', r#"{"x":[{"y":1,"y":2}],"#))),
        ("sub twice", with_claims(claims.replace('{', r#"{"sub":"admin","#))),
        ("sub twice, behind", with_claims(claims.replace('}', r#","sub":"admin"}"#))),
        ("exp twice", with_claims(claims.replace('{', r#"{"exp":9999999999,"#))),
        ("an unknown claim twice", with_claims(claims.replace('{', r#"{"x":1,"x":1,"#))),
        ("nested in the claims", with_claims(claims.replace('{', r#"{"x":{"y":{"z":1,"z":1}},"#))),
        ("among 400 others", with_claims(claims.replace('{', &format!("{{{many}\"c399\":1,")))),
    ]
    .into_iter()
    .map(|(name, token)| (name, token, Rejection::DuplicateMember))
    .collect();
    assert_all_rejected(&cases);
    let unlike = claims.replace('{', &format!("{{{many}\"Sub\":1,\"sub \":2,"));
    assert!(check(&with_claims(unlike)).is_ok(), "names that only look alike are different names");
}

#[test]
fn a_token_may_have_8_kib_and_not_a_byte_more() {
    let with_size = |size: usize| (0..8).map(|n| sized(size, n)).find(|token| token.len() == size);
    let largest = with_size(MAX_TOKEN_BYTES).expect("a token of exactly that size");
    assert!(check(&largest).is_ok());
    let larger = (1..8).find_map(|n| with_size(MAX_TOKEN_BYTES + n)).unwrap();
    assert_eq!(check(&larger).map(|_| ()), Err(Rejection::TokenTooLarge));
    assert_eq!(check(&"a".repeat(10_000_000)).map(|_| ()), Err(Rejection::TokenTooLarge));
}

fn sized(size: usize, spare: usize) -> String {
    let base = access().claim("x", "").sign().len();
    access().claim("x", "x".repeat((size - base) * 3 / 4 - spare)).sign()
}

#[test]
fn changing_any_character_of_a_token_spoils_it() {
    let good = access().sign();
    for at in (0..good.len()).step_by(7) {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(check(&changed).is_err(), "position {at}");
    }
}

#[test]
fn parts_of_two_good_tokens_do_not_mix() {
    let one = access().sign();
    let two = access().claim("sub", "another").sign();
    let other_key = TokenBuilder::access(TestKey::SECOND, ISSUER, AUDIENCE, NOW)
        .header("kid", TestKey::FIRST.kid());
    let (content, _) = two.rsplit_once('.').unwrap();
    let (_, signature) = one.rsplit_once('.').unwrap();
    assert_all_rejected(&[
        ("another token's signature", format!("{content}.{signature}"), Rejection::BadSignature),
        ("no signature", format!("{content}."), Rejection::BadSignature),
        ("zeros", format!("{content}.{}", "A".repeat(342)), Rejection::BadSignature),
        ("a longer signature", format!("{content}.{}", "A".repeat(683)), Rejection::BadSignature),
        ("another key under this kid", other_key.sign(), Rejection::BadSignature),
    ]);
}
