//! Which callers may see which data.

use std::time::Duration;

use claims::testing::{TestKey, TokenBuilder};

use crate::testing::{TestApi, TestDatabase, user_id};

const LISTS: [&str; 2] = ["/api/users", "/api/users/all"];

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_only_whoami_is_answered() {
    let api = TestApi::start(TestDatabase::with_users(1)).await;
    let one = format!("/api/users/{}", user_id(1));
    for path in LISTS.into_iter().chain(["/api/users/me", &one]) {
        let answer = api.send(reqwest::Method::GET, path, &[]).await;
        answer.assert_problem(401, "authorization_header");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{path}");
    }
    let answer = api.send(reqwest::Method::GET, "/api/whoami", &[]).await;
    assert_eq!(answer.text, r#"{"logged_in_as":"anonymous user"}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_is_rejected_on_every_path_and_by_whoami() {
    let api = TestApi::start(TestDatabase::with_users(1)).await;
    let (issuer, now) = (api.issuer.issuer(), api.clock.seconds());
    let refresh = TokenBuilder::refresh(TestKey::FIRST, &issuer, &issuer, now).sign();
    let elsewhere = api.token(&user_id(1)).claim("aud", "another-api").sign();
    let unsigned = "eyJhbGciOiJub25lIn0.e30.";
    for path in ["/api/users", "/api/users/me", "/api/whoami"] {
        for token in [&refresh, &elsewhere, unsigned, "x"] {
            let answer = api.get_as(token, path).await;
            answer.assert_problem(401, "invalid_token");
            assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""));
        }
        let basic = [("authorization", "Basic YTpi")];
        let answer = api.send(reqwest::Method::GET, path, &basic).await;
        answer.assert_problem(401, "authorization_header");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_the_query_changes_nothing() {
    let api = TestApi::start(TestDatabase::with_users(1)).await;
    let path = format!("/api/users?access_token={}", api.token(&user_id(1)).sign());
    let answer = api.send(reqwest::Method::GET, &path, &[]).await;
    answer.assert_problem(401, "authorization_header");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_with_its_time_and_with_its_session() {
    let api = TestApi::start(TestDatabase::with_users(1)).await;
    let token = api.token(&user_id(1)).claim("sid", "to-be-revoked").sign();
    assert_eq!(api.get_as(&token, "/api/users/me").await.status, 200);
    api.issuer.revoke("to-be-revoked", api.clock.seconds() + 900);
    let mut answer = api.get_as(&token, "/api/users/me").await;
    for _ in 0..200 {
        if answer.status != 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        answer = api.get_as(&token, "/api/users/me").await;
    }
    answer.assert_problem(401, "token_revoked");
    let token = api.token(&user_id(1)).sign();
    api.clock.advance(Duration::from_secs(900 + 31));
    api.get_as(&token, "/api/users/me").await.assert_problem(401, "token_expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_users_need_the_scope_and_ones_own_row_does_not() {
    let api = TestApi::start(TestDatabase::with_users(1)).await;
    let token = api.token(&user_id(1)).claim("scope", "").sign();
    for path in LISTS.into_iter().chain([format!("/api/users/{}", user_id(1)).as_str()]) {
        let answer = api.get_as(&token, path).await;
        answer.assert_problem(403, "insufficient_scope");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
    }
    let own = api.get_as(&token, "/api/users/me").await;
    assert_eq!(own.json()["email"], "u1@example.org", "{own:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_peoples_addresses_need_a_scope_of_their_own() {
    let api = TestApi::start(TestDatabase::with_users(2)).await;
    let token = api.token(&user_id(2)).claim("scope", "users:read").sign();
    let list = api.get_as(&token, "/api/users").await.json();
    assert!(list["users"][0]["email"].is_null(), "{list}");
    assert_eq!(list["users"][1]["email"], "u2@example.org");
    let other = api.get_as(&token, &format!("/api/users/{}", user_id(1))).await.json();
    assert!(other["email"].is_null(), "{other}");
    let own = api.get_as(&token, &format!("/api/users/{}", user_id(2))).await.json();
    assert_eq!(own["email"], "u2@example.org");
    let list = api.get("/api/users").await.json();
    assert_eq!(list["users"][0]["email"], "u1@example.org");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_reads_lists_but_has_no_own_row() {
    let api = TestApi::start(TestDatabase::with_users(1)).await;
    // A service account has no row, even if its id is a user's.
    for client in ["reporting", &user_id(1)] {
        let token = api.service_token(client).sign();
        let list = api.get_as(&token, "/api/users").await.json();
        assert!(list["users"][0]["email"].is_null(), "{list}");
        api.get_as(&token, "/api/users/me").await.assert_problem(403, "user_required");
        let who = api.get_as(&token, "/api/whoami").await;
        assert_eq!(who.json()["logged_in_as"], client);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoami_answers_the_name_in_the_token() {
    let api = TestApi::start(TestDatabase::new()).await;
    let token = api.token(&user_id(1)).claim("preferred_username", "Äna").sign();
    let answer = api.get_as(&token, "/api/whoami").await;
    assert_eq!(answer.text, r#"{"logged_in_as":"Äna"}"#);
    assert_eq!(answer.header("cache-control"), "no-store");
}
