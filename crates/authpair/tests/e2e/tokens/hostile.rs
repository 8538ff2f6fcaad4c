//! Hostile tokens against both running services. The tests of `claims` have each case alone.

use authpair_testkit::{Answer, KEY, TestPair};
use claims::testing::{TestKey, TokenBuilder};
use serde_json::json;

use crate::on_both;

fn token(pair: &TestPair) -> TokenBuilder {
    TokenBuilder::access(KEY, &pair.auth, "users-api", pair.clock.seconds())
        .claim("aud", json!(["auth-service", "users-api"]))
}

#[on_both]
async fn hostile_tokens_are_401_at_both_services(pair: TestPair) {
    let good = token(&pair);
    // auth-service refuses it, because it has no session of that id. users-api, which is stateless, accepts it.
    pair.get_users("/api/whoami", &good.sign()).await.ok(200);
    pair.me(&good.sign()).await.expect(401, "token_revoked");
    let der = KEY.public_der();
    let pem = KEY.public_pem();
    let stranger =
        TokenBuilder::access(TestKey::SECOND, &pair.auth, "users-api", pair.clock.seconds());
    let hostile = [
        good.unsigned(),
        good.sign_hs256(&der),
        good.sign_hs256(pem.as_bytes()),
        good.sign_as("PS256"),
        good.sign_as("RS384"),
        good.clone().header("alg", "rs256").sign(),
        good.clone().header("typ", "JWT").sign(),
        good.clone().without_header("typ").sign(),
        good.clone().header("crit", json!(["exp"])).sign(),
        good.clone().header("b64", false).sign(),
        good.clone().header("jku", "http://127.0.0.1:1/jwks.json").sign(),
        good.clone().header("jwk", json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"})).sign(),
        good.clone().header("kid", "../../../etc/passwd").sign(),
        good.clone().header("kid", "x' OR '1'='1").sign(),
        good.clone().header("kid", "x\r\nx-evil: 1").sign(),
        good.clone().header("kid", "x".repeat(6_000)).sign(),
        good.clone().without_header("kid").sign(),
        stranger.sign(),
        stranger.header("kid", KEY.kid()).sign(),
        good.clone().claim("iss", "http://evil").sign(),
        good.clone().claim("iss", json!([pair.auth])).sign(),
        good.clone().claim("aud", "another").sign(),
        good.clone().claim("aud", json!(["users-api", "auth-service", 1])).sign(),
        good.clone().claim("exp", "4102444800").sign(),
        good.clone().claim("sub", 1).sign(),
        good.clone().without("jti").sign(),
        good.clone().without("exp").sign(),
        format!("{}=", good.sign()),
        format!("{}.x", good.sign()),
        good.sign().replace('.', ". "),
        "a.b.c".to_owned(),
        "..".to_owned(),
    ];
    for (index, token) in hostile.iter().enumerate() {
        // At auth-service also a good token of this session is 401, but with another code.
        for answer in [pair.get_users("/api/whoami", token).await, pair.me(token).await] {
            assert_eq!(answer.status, 401, "case {index}: {}", answer.text);
            assert!(
                ["invalid_token", "authorization_header"].contains(&answer.code()),
                "case {index}: {}",
                answer.text
            );
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "case {index}");
        }
    }
}

#[on_both]
async fn the_leeway_is_exact_to_a_second_and_expiry_has_its_own_code(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let now = pair.clock.seconds();
    pair.get_users("/api/whoami", &token(&pair).claim("exp", now - 29).sign()).await.ok(200);
    let expired = token(&pair).claim("exp", now - 30).sign();
    let answer = pair.get_users("/api/whoami", &expired).await.expect(401, "token_expired");
    assert_eq!(answer.body["detail"], "Token has expired");
    assert!(answer.header("www-authenticate").contains("invalid_token"));
    pair.get_users("/api/whoami", &token(&pair).claim("nbf", now + 30).sign()).await.ok(200);
    let early = token(&pair).claim("nbf", now + 31).sign();
    pair.get_users("/api/whoami", &early).await.expect(401, "invalid_token");
    let future = token(&pair).claim("iat", now + 31).sign();
    pair.get_users("/api/whoami", &future).await.expect(401, "invalid_token");
    pair.clock.advance(std::time::Duration::from_secs(900 + 30));
    pair.me_at_users(&session.access).await.expect(401, "token_expired");
    pair.me(&session.access).await.expect(401, "token_expired");
    pair.refresh(&session.refresh).await.ok(200);
}

#[on_both]
async fn a_refresh_token_is_not_accepted_as_an_access_token_nor_the_reverse(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    pair.me(&session.refresh).await.expect(401, "invalid_token");
    pair.me_at_users(&session.refresh).await.expect(401, "invalid_token");
    pair.refresh(&session.access).await.expect(401, "invalid_token");
    pair.refresh(&session.refresh).await.ok(200);
}

#[on_both]
async fn two_authorization_headers_and_other_schemes_are_refused(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let bearer = format!("Bearer {}", session.access);
    let two = pair.users_call("GET", "/api/users").header("authorization", &bearer);
    Answer::of(two.header("authorization", &bearer)).await.expect(401, "authorization_header");
    for other in ["Basic YTpi", "Bearer", "Bearer ", "Token x", &session.access] {
        let call = pair.users_call("GET", "/api/users").header("authorization", other);
        let answer = Answer::of(call).await.expect(401, "authorization_header");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    Answer::of(pair.users_call("GET", "/api/users")).await.expect(401, "authorization_header");
}

#[on_both]
async fn the_key_set_shows_no_private_member_and_answers_304(pair: TestPair) {
    let answer = Answer::of(pair.auth_call("GET", "/.well-known/jwks.json")).await.ok(200);
    assert_eq!(answer.header("cache-control"), "public, max-age=600");
    assert_eq!(answer.header("access-control-allow-origin"), "");
    let keys = answer.body["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);
    let mut members: Vec<_> = keys[0].as_object().unwrap().keys().cloned().collect();
    members.sort();
    assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!(keys[0]["kid"], KEY.kid());
    let known = pair
        .auth_call("GET", "/.well-known/jwks.json")
        .header("if-none-match", answer.header("etag"));
    let known = Answer::of(known).await.expect_status(304);
    assert!(known.text.is_empty());
    let foreign =
        pair.auth_call("GET", "/.well-known/jwks.json").header("origin", "https://any.example");
    assert_eq!(Answer::of(foreign).await.ok(200).header("access-control-allow-origin"), "*");
}

#[on_both]
async fn the_metadata_documents_name_the_issuer_and_the_key_set(pair: TestPair) {
    for name in ["oauth-authorization-server", "openid-configuration"] {
        let answer =
            Answer::of(pair.auth_call("GET", &format!("/.well-known/{name}"))).await.ok(200);
        assert_eq!(answer.string("issuer"), pair.auth);
        assert_eq!(answer.string("jwks_uri"), format!("{}/.well-known/jwks.json", pair.auth));
    }
}
