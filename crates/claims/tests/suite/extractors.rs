//! Which callers each extractor accepts, and how it answers the others.

use claims::VerifyError;
use claims::testing::{TestKey, TokenBuilder};
use serde_json::{Value, json};

use crate::common::{AUDIENCE, ISSUER, NOW, access, refresh};
use crate::extractor_app::{FixedKeyAuthenticator, call, call_with};

fn service_account() -> TokenBuilder {
    TokenBuilder::service(TestKey::FIRST, ISSUER, AUDIENCE, NOW, "reports")
}

#[actix_web::test]
async fn a_person_passes_where_people_may() {
    for path in ["/caller", "/user", "/fresh", "/read", "/email", "/maybe", "/lenient"] {
        let response = call(path, &access()).await;
        assert_eq!(
            (response.status, response.body.as_str()),
            (200, "7f6c1a2e-5f0b-4d8e-9a51-0c3f5a1d2b3c"),
            "{path}"
        );
    }
    assert_eq!(call("/session", &access()).await.body, "session-1");
}

#[actix_web::test]
async fn a_verifier_that_has_to_wait_gives_the_same_answers() {
    let slow = FixedKeyAuthenticator { slow: true, ..FixedKeyAuthenticator::default() };
    let good = format!("Bearer {}", access().sign());
    assert_eq!(call_with(Some(slow), "/fresh", &[&good]).await.status, 200);
    let expired = format!("Bearer {}", access().claim("exp", 1).sign());
    assert_eq!(call_with(Some(slow), "/maybe", &[&expired]).await.code(), "token_expired");
}

#[actix_web::test]
async fn without_a_token_the_challenge_names_the_scheme_and_no_error() {
    for headers in [&[][..], &["Basic YTpi"], &["Bearer"], &["Bearer a.b.c", "Bearer a.b.c"]] {
        let response = call_with(Some(FixedKeyAuthenticator::default()), "/caller", headers).await;
        assert_eq!((response.status, response.code().as_str()), (401, "authorization_header"));
        assert_eq!(response.challenge.as_deref(), Some("Bearer"), "{headers:?}");
    }
}

#[actix_web::test]
async fn a_bad_token_is_answered_with_its_reason() {
    let response = call("/caller", &access().claim("exp", 1)).await;
    assert_eq!((response.status, response.code().as_str()), (401, "token_expired"));
    assert!(response.body.contains("Token has expired"));
    let challenge = response.challenge.unwrap();
    assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{challenge}");
    for token in [
        refresh(),
        access().header("alg", "none"),
        access().without("iss"),
        access().header("kid", "a\"b"),
    ] {
        let response = call("/caller", &token).await;
        assert_eq!((response.status, response.code().as_str()), (401, "invalid_token"));
        assert!(response.challenge.unwrap().starts_with("Bearer error=\"invalid_token\""));
    }
}

#[actix_web::test]
async fn tokens_in_the_query_or_in_other_headers_are_not_seen() {
    let token = access().sign();
    let path = format!("/caller?access_token={token}&token={token}");
    let response = call_with(Some(FixedKeyAuthenticator::default()), &path, &[]).await;
    assert_eq!(response.code(), "authorization_header");
}

#[actix_web::test]
async fn a_token_that_is_not_fresh_is_sent_to_sign_in_again() {
    let stale = [
        access().claim("fresh", false),
        access().without("fresh"),
        access().without("auth_time"),
        access().claim("auth_time", NOW - 300),
        access().claim("auth_time", NOW + 31),
    ];
    for token in stale {
        let response = call("/fresh", &token).await;
        assert_eq!((response.status, response.code().as_str()), (401, "fresh_token_required"));
        let challenge = response.challenge.unwrap();
        assert!(challenge.starts_with("Bearer error=\"insufficient_user_authentication\""));
        assert!(challenge.ends_with("max_age=300"), "{challenge}");
    }
    assert_eq!(call("/fresh", &access().claim("auth_time", NOW - 299)).await.status, 200);
}

#[actix_web::test]
async fn a_missing_scope_is_named() {
    let response = call("/admin", &access()).await;
    assert_eq!((response.status, response.code().as_str()), (403, "insufficient_scope"));
    let expected = "Bearer error=\"insufficient_scope\", scope=\"users:admin\"";
    assert_eq!(response.challenge.as_deref(), Some(expected));
    let almost = access().claim("scope", "users:admins xusers:admin users");
    assert_eq!(call("/admin", &almost).await.status, 403);
    let admin = access().claim("scope", "users:admin");
    assert_eq!(call("/admin", &admin).await.status, 200);
    assert_eq!(call("/read", &admin).await.status, 403, "no scope implies another");
}

#[actix_web::test]
async fn a_service_account_is_kept_from_what_is_for_people() {
    assert_eq!(call("/caller", &service_account()).await.body, "reports");
    assert_eq!(call("/read", &service_account()).await.status, 200);
    let dressed_up = service_account()
        .claim("sid", "s")
        .claim("fresh", true)
        .claim("auth_time", NOW)
        .claim("preferred_username", "ana");
    for token in [service_account(), dressed_up] {
        for path in ["/user", "/fresh"] {
            let response = call(path, &token).await;
            assert_eq!((response.status, response.code().as_str()), (403, "user_required"));
            assert_eq!(response.challenge, None);
        }
    }
}

#[actix_web::test]
async fn an_optional_token_is_absent_good_or_rejected() {
    let anonymous = call_with(Some(FixedKeyAuthenticator::default()), "/maybe", &[]).await;
    assert_eq!(anonymous.body, "nobody");
    assert_eq!(call("/maybe", &access()).await.status, 200);
    assert_eq!(call("/maybe", &access().claim("exp", 1)).await.code(), "token_expired");
    let basic = call_with(Some(FixedKeyAuthenticator::default()), "/maybe", &["Basic YTpi"]).await;
    assert_eq!(basic.code(), "authorization_header");
}

#[actix_web::test]
async fn a_lenient_route_takes_a_bad_token_for_none() {
    for headers in [&[][..], &["Basic YTpi"], &["Bearer x"]] {
        let response = call_with(Some(FixedKeyAuthenticator::default()), "/lenient", headers).await;
        assert_eq!((response.status, response.body.as_str()), (200, "nobody"));
    }
    assert_eq!(call("/lenient", &access().claim("exp", 1)).await.body, "nobody");
}

#[actix_web::test]
async fn a_verifier_that_cannot_decide_answers_503_everywhere() {
    let header = format!("Bearer {}", access().sign());
    let outages = [
        (VerifyError::KeysUnavailable { retry_after: 7 }, "keys_unavailable"),
        (VerifyError::RevocationsUnavailable { retry_after: 7 }, "unavailable"),
    ];
    for (outage, code) in outages {
        for path in ["/caller", "/user", "/fresh", "/read", "/maybe", "/lenient"] {
            let failing =
                FixedKeyAuthenticator { error: Some(outage), ..FixedKeyAuthenticator::default() };
            let response = call_with(Some(failing), path, &[&header]).await;
            assert_eq!((response.status, response.code().as_str()), (503, code), "{path}");
            assert_eq!(response.retry_after.as_deref(), Some("7"));
            assert_eq!(response.challenge, None);
        }
    }
}

#[actix_web::test]
async fn a_service_without_a_verifier_rejects_every_caller() {
    let header = format!("Bearer {}", access().sign());
    for path in ["/caller", "/maybe", "/lenient"] {
        let response = call_with(None, path, &[&header]).await;
        assert_eq!((response.status, response.code().as_str()), (500, "internal"), "{path}");
    }
}

#[actix_web::test]
async fn an_error_body_is_what_the_contract_shows() {
    let response = call("/caller", &access().claim("exp", 1)).await;
    let expected = json!({
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Token has expired",
        "error": "token_expired",
    });
    assert_eq!(serde_json::from_str::<Value>(&response.body).unwrap(), expected);
}
