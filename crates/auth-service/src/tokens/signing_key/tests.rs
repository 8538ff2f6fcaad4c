use std::sync::LazyLock;

use base64::Engine as _;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding};
use rsa::{BigUint, RsaPrivateKey};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{EXPONENT_BASE64URL, SigningKey, SigningKeyError, URL_SAFE_NO_PAD};

static PEM: LazyLock<Zeroizing<String>> = LazyLock::new(|| SigningKey::generate_pem(2048).unwrap());

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_pem(&PEM).unwrap());

fn error_of(pem: &str) -> SigningKeyError {
    SigningKey::from_pem(pem).unwrap_err()
}

fn made_by_rsa(bits: usize, exponent: u32) -> RsaPrivateKey {
    let exponent = BigUint::from(exponent);
    RsaPrivateKey::new_with_exp(&mut rsa::rand_core::OsRng, bits, &exponent).unwrap()
}

#[test]
fn another_library_verifies_the_signature() {
    let key = &*KEY;
    let claims = json!({"iss": "http://127.0.0.1:8080", "sub": "ana", "exp": 4_000_000_000_u64});
    let token = key.sign_jws("at+jwt", &claims).unwrap();

    let (n, e) = (key.modulus(), EXPONENT_BASE64URL);
    let verifier = DecodingKey::from_rsa_components(n, e).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&["http://127.0.0.1:8080"]);
    let verified = decode::<Value>(&token, &verifier, &validation).unwrap();
    assert_eq!(verified.claims, claims);
    assert_eq!(verified.header.kid.as_deref(), Some(key.kid()));

    let other = SigningKey::from_pem(&SigningKey::generate_pem(2048).unwrap()).unwrap();
    let n = other.modulus();
    assert!(
        decode::<Value>(&token, &DecodingKey::from_rsa_components(n, e).unwrap(), &validation)
            .is_err()
    );
}

#[test]
fn the_header_holds_alg_typ_and_kid_and_nothing_else() {
    let key = &*KEY;
    let token = key.sign_jws("refresh+jwt", &json!({})).unwrap();
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let expected = format!(r#"{{"alg":"RS256","typ":"refresh+jwt","kid":"{}"}}"#, key.kid());
    assert_eq!(String::from_utf8(header).unwrap(), expected);
}

#[test]
fn the_same_claims_give_the_same_bytes() {
    let (key, pem) = (&*KEY, &*PEM);
    let claims = json!({"sub": "ana", "jti": "1"});
    let token = key.sign_jws("refresh+jwt", &claims).unwrap();
    assert_eq!(key.sign_jws("refresh+jwt", &claims).unwrap(), token);
    let reloaded = SigningKey::from_pem(pem).unwrap();
    assert_eq!(reloaded.sign_jws("refresh+jwt", &claims).unwrap(), token);
}

#[test]
fn the_kid_is_the_thumbprint_and_survives_reloading() {
    let (key, pem) = (&*KEY, &*PEM);
    assert_eq!(SigningKey::from_pem(pem).unwrap().kid(), key.kid());
    let (n, e) = (key.modulus(), EXPONENT_BASE64URL);
    let [n, e] = [n, e].map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    let jwk = claims::Jwk::rsa(&n, &e);
    assert_eq!(jwk.kid.as_deref(), Some(key.kid()));
    assert_eq!(jwk.n.as_deref(), Some(key.modulus()));
    assert_eq!(jwk.e.as_deref(), Some(EXPONENT_BASE64URL));
}

#[test]
fn debug_shows_the_kid_alone() {
    let key = &*KEY;
    assert_eq!(format!("{key:?}"), format!("SigningKey {{ kid: {:?}, .. }}", key.kid()));
}

#[test]
fn only_the_three_sizes_are_made() {
    for bits in [0, 512, 1024, 2047, 2049, 8192] {
        assert!(
            matches!(SigningKey::generate_pem(bits), Err(SigningKeyError::UnknownSize(_))),
            "{bits}"
        );
    }
}

#[test]
fn a_key_of_3072_bits_signs() {
    let key = SigningKey::from_pem(&SigningKey::generate_pem(3072).unwrap()).unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(key.modulus()).unwrap().len(), 384);
    assert!(key.sign_jws("at+jwt", &json!({})).is_ok());
}

#[test]
fn a_weak_key_is_rejected() {
    let weak = made_by_rsa(1024, 65_537).to_pkcs8_pem(LineEnding::LF).unwrap();
    assert!(error_of(&weak).to_string().ends_with("fewer than 2048 bits"));
}

#[test]
fn another_public_exponent_is_rejected() {
    let small = made_by_rsa(2048, 3).to_pkcs8_pem(LineEnding::LF).unwrap();
    assert!(matches!(error_of(&small), SigningKeyError::Exponent | SigningKeyError::Rejected(_)));
    let odd = made_by_rsa(2048, 65_539).to_pkcs8_pem(LineEnding::LF).unwrap();
    assert!(matches!(error_of(&odd), SigningKeyError::Exponent));
}

#[test]
fn a_text_that_is_not_a_pkcs8_private_key_is_rejected() {
    let pem = &*PEM;
    let pkcs1 = made_by_rsa(2048, 65_537).to_pkcs1_pem(LineEnding::LF).unwrap();
    let torn = pem.as_str()[..pem.len() / 2].to_owned();
    for bad in ["", "no key", &pkcs1, &torn] {
        assert!(matches!(error_of(bad), SigningKeyError::NotPkcs8Pem(_)));
    }
    let der = URL_SAFE_NO_PAD.encode(b"\x30\x04\x02\x02\x01\x00");
    let der = format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n");
    assert!(matches!(error_of(&der), SigningKeyError::Rejected(_)));
}

#[test]
fn the_error_says_what_the_file_is_instead() {
    let pem = &*PEM;
    let pem = pem.as_str();
    let labelled = |label: &str| pem.replace("PRIVATE KEY", label);
    let pkcs1 = made_by_rsa(2048, 65_537).to_pkcs1_pem(LineEnding::LF).unwrap();
    let encrypted_pkcs1 =
        pkcs1.replacen('\n', "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n", 1);
    let ec = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\n\
              OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n\
              1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n-----END PRIVATE KEY-----\n";
    for (text, what) in [
        (String::new(), "empty"),
        (" \n".to_owned(), "empty"),
        ("no key".to_owned(), "no line"),
        (pkcs1.to_string(), "PKCS#1"),
        (encrypted_pkcs1, "encrypted"),
        (labelled("ENCRYPTED PRIVATE KEY"), "encrypted"),
        (labelled("EC PRIVATE KEY"), "elliptic curve"),
        (labelled("OPENSSH PRIVATE KEY"), "OpenSSH"),
        (labelled("PUBLIC KEY"), "public key"),
        (labelled("RSA PUBLIC KEY"), "public key"),
        (labelled("CERTIFICATE"), "certificate"),
        ("{\"kty\":\"RSA\",\"d\":\"x\"}".to_owned(), "JSON Web Key"),
        (format!("{pem}{pem}"), "more than one"),
        (format!("{pem}behind"), "behind its end"),
        (format!("{pem}\n{}", labelled("PUBLIC KEY")), "behind its end"),
        (pem[..pem.len() / 2].to_owned(), "end is missing"),
        (pem.replacen('\n', "\n!", 1), "not base64"),
        (ec.to_owned(), "another algorithm"),
    ] {
        let said = error_of(&text).to_string();
        assert!(said.contains(what), "{what}: {said}");
        // No part of the key.
        assert!(!said.contains(&pem[100..110]), "{said}");
    }
}

#[test]
fn a_key_whose_parts_do_not_match_is_rejected() {
    let pem = &*PEM;
    let lines: Vec<&str> = pem.lines().collect();
    // Exchanges two lines of the private exponent: still PEM, still DER, no longer a key.
    for (first, second) in [(9, 10), (14, 15), (20, 21)] {
        let mut broken = lines.clone();
        broken.swap(first, second);
        assert!(matches!(error_of(&broken.join("\n")), SigningKeyError::Rejected(_)));
    }
}
