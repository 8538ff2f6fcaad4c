//! Arbitrary tokens, and arbitrary headers and claims under a good signature.

#![no_main]

use std::sync::LazyLock;

use claims::testing::{TestKey, TokenBuilder, key_set};
use claims::{KeySet, Policy, verify_access, verify_refresh};
use libfuzzer_sys::fuzz_target;

const ISSUER: &str = "https://auth.example";
const AUDIENCE: &str = "users-api";
const NOW: i64 = 1_800_000_000;

static KEYS: LazyLock<KeySet> = LazyLock::new(|| key_set(&[TestKey::FIRST]));
static SIGNER: LazyLock<TokenBuilder> =
    LazyLock::new(|| TokenBuilder::access(TestKey::FIRST, ISSUER, AUDIENCE, NOW));

fuzz_target!(|data: &[u8]| {
    // The first byte says what the rest is.
    let Some((kind, rest)) = data.split_first() else { return };
    let token = match kind {
        b'h' => SIGNER.sign_json(rest, SIGNER.claims_json()),
        b'c' => SIGNER.sign_json(SIGNER.header_json(), rest),
        b'r' => {
            let header = SIGNER.clone().header("typ", "refresh+jwt").header_json();
            SIGNER.sign_json(header, rest)
        }
        _ => String::from_utf8_lossy(rest).into_owned(),
    };
    if let Ok(accepted) = verify_access(&token, &KEYS, &Policy::new(ISSUER, AUDIENCE), NOW) {
        assert_eq!(accepted.iss, ISSUER);
        assert!(accepted.aud.iter().any(|audience| audience == AUDIENCE));
        assert!(accepted.exp > NOW - 31 && accepted.iat <= NOW + 30);
        assert!(!accepted.sub.is_empty() && !accepted.jti.is_empty());
        assert!(accepted.is_service_account() || accepted.sid.is_some());
    }
    if let Ok(accepted) = verify_refresh(&token, &KEYS, &Policy::new(ISSUER, AUDIENCE), NOW) {
        assert_eq!((accepted.iss.as_str(), accepted.aud.as_str()), (ISSUER, AUDIENCE));
        assert!(!accepted.sid.is_empty());
    }
    let _ = verify_access(&token, &KEYS, &Policy::any_issuer(ISSUER, AUDIENCE), NOW);
});
