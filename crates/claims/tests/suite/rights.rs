//! Rights that change while older tokens are still valid: `ver`, `ext`, and the feed's entries about users.

use claims::remote::RemoteVerifier;
use claims::testing::{FakeIssuer, TestKey, TokenBuilder};
use claims::{Policy, Rejection, VerifyError, verify_access};
use serde::Deserialize;
use serde_json::json;

use crate::common::{AUDIENCE, ISSUER, NOW, access, builder, check, eventually, token_of};
use crate::extractor_app::{FixedKeyAuthenticator, call_with};
use crate::revocations::{is_revoked, ready, session};

const ANA: &str = "7f6c1a2e-5f0b-4d8e-9a51-0c3f5a1d2b3c";

fn of_version(issuer: &FakeIssuer, version: i64) -> String {
    token_of(issuer, TestKey::FIRST).claim("ver", version).sign()
}

fn is_stale(verifier: &RemoteVerifier, token: &str) -> bool {
    match verifier.try_verify(token) {
        Some(Ok(_)) => false,
        Some(Err(VerifyError::Rejected(Rejection::Stale))) => true,
        other => panic!("neither good nor stale: {other:?}"),
    }
}

#[tokio::test]
async fn a_token_with_older_rights_is_stale_and_one_without_a_version_counts_as_0() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer).await;
    let (older, newer) = (of_version(&issuer, 1), of_version(&issuer, 2));
    let without = token_of(&issuer, TestKey::FIRST).sign();
    for token in [&older, &newer, &without] {
        assert!(!is_stale(&verifier, token));
    }
    issuer.raise_rights(ANA, 2, NOW + 960);
    eventually("the rejection", || is_stale(&verifier, &older)).await;
    assert!(is_stale(&verifier, &without) && !is_stale(&verifier, &newer));
    let bob = token_of(&issuer, TestKey::FIRST).claim("sub", "bob").sign();
    assert!(!is_stale(&verifier, &bob));
}

#[tokio::test]
async fn the_tokens_of_a_session_that_ended_are_revoked_and_not_stale() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer).await;
    issuer.raise_rights(ANA, 2, NOW + 960);
    issuer.revoke("one", NOW + 960);
    let one = session(&issuer, "one");
    eventually("both entries", || verifier.status().feed.unwrap().entries == 2).await;
    assert!(is_revoked(&verifier, &one));
}

#[tokio::test]
async fn a_service_account_has_no_rights_version() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer).await;
    let url = issuer.issuer();
    let account = TokenBuilder::service(TestKey::FIRST, &url, AUDIENCE, NOW, ANA).sign();
    issuer.raise_rights(ANA, 2, NOW + 960);
    eventually("the entry", || is_stale(&verifier, &of_version(&issuer, 1))).await;
    assert!(!is_stale(&verifier, &account));
}

#[tokio::test]
async fn a_token_for_a_policy_of_any_issuer_is_never_stale_and_its_session_can_be_revoked() {
    let issuer = FakeIssuer::start().await;
    let policy = Policy::any_issuer(issuer.issuer(), AUDIENCE);
    let verifier = builder(&issuer).policy(policy).start().unwrap();
    issuer.raise_rights(ANA, 2, NOW + 960);
    issuer.revoke("one", NOW + 960);
    eventually("both entries", || verifier.status().feed.unwrap().entries == 2).await;
    assert!(
        !is_stale(&verifier, &of_version(&issuer, 3))
            && !is_stale(&verifier, &of_version(&issuer, 1))
    );
    assert!(is_revoked(&verifier, &session(&issuer, "one")));
}

#[tokio::test]
async fn entries_of_a_kind_that_is_not_known_hide_no_others() {
    let issuer = FakeIssuer::start().await;
    issuer.publish(json!({"device": "d1", "until": NOW + 960}));
    issuer.revoke("one", NOW + 960);
    issuer.publish(json!({"sub": ANA, "until": NOW + 960, "kind": "later"}));
    let verifier = ready(&issuer).await;
    assert!(is_revoked(&verifier, &session(&issuer, "one")));
    assert!(!is_revoked(&verifier, &session(&issuer, "two")));
}

#[derive(Debug, Deserialize, PartialEq)]
struct Plan {
    plan: String,
    #[serde(default)]
    seats: u32,
}

#[test]
fn further_claims_are_read_as_a_type_of_the_service() {
    let pro = check(&access().claim("ext", json!({"plan": "pro", "seats": 5})).sign()).unwrap();
    assert_eq!(pro.ext::<Plan>().unwrap(), Some(Plan { plan: "pro".to_owned(), seats: 5 }));
    assert_eq!(check(&access().sign()).unwrap().ext::<Plan>().unwrap(), None);
    let odd = check(&access().claim("ext", json!({"plan": 1})).sign()).unwrap();
    assert!(odd.ext::<Plan>().is_err());
}

#[test]
fn further_claims_shadow_no_other_claim() {
    let ext = json!({"scope": "users:admin", "sub": "bob", "ver": 99});
    let token = check(&access().claim("ext", ext).claim("ver", 1).sign()).unwrap();
    assert_eq!((token.sub.as_str(), token.ver), (ANA, Some(1)));
    assert!(!token.scope.contains("users:admin"));
}

#[test]
fn repeated_members_are_rejected_inside_the_further_claims_as_well() {
    for ext in [r#"{"a":1,"a":2}"#, r#"{"a":[{"b":1,"b":1}]}"#] {
        let claims = access().claims_json().replacen('{', &format!("{{\"ext\":{ext},"), 1);
        let token = access().sign_json(access().header_json(), claims);
        assert_eq!(check(&token).unwrap_err(), Rejection::DuplicateMember, "{ext}");
    }
    let claims = access().claims_json().replacen('{', r#"{"ver":1,"ver":1,"#, 1);
    let token = access().sign_json(access().header_json(), claims);
    assert_eq!(check(&token).unwrap_err(), Rejection::DuplicateMember);
}

#[test]
fn these_claims_of_another_issuer_are_ignored() {
    let token = access().claim("ver", "2.0").claim("ext", "x").sign();
    let keys = claims::testing::key_set(&[TestKey::FIRST]);
    let any = verify_access(&token, &keys, &Policy::any_issuer(ISSUER, AUDIENCE), NOW).unwrap();
    assert_eq!((any.ver, any.claims().ext.is_none()), (None, true));
}

#[actix_web::test]
async fn extractors_answer_a_stale_token_with_401_and_invalid_token_in_the_challenge() {
    let stale = FixedKeyAuthenticator {
        error: Some(Rejection::Stale.into()),
        ..FixedKeyAuthenticator::default()
    };
    let token = format!("Bearer {}", access().sign());
    for path in ["/caller", "/user", "/fresh", "/read", "/maybe"] {
        let response = call_with(Some(stale), path, &[&token]).await;
        assert_eq!((response.status, response.code().as_str()), (401, "token_stale"), "{path}");
        let challenge = response.challenge.unwrap();
        assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{challenge}");
    }
}
