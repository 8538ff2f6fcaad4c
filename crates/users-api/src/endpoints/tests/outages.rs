//! The answers while a dependency is unavailable.

use std::time::Duration;

use claims::testing::{Answer as IssuerAnswer, FakeIssuer};
use reqwest::Method;

use crate::testing::{TestApi, TestDatabase, user_id};

#[tokio::test(flavor = "multi_thread")]
async fn a_ready_service_says_so_with_its_facts() {
    let api = TestApi::start(TestDatabase::new()).await;
    let answer = api.send(Method::GET, "/readyz", &[]).await;
    let body = answer.json();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(body["status"], "ready");
    assert_eq!(body["checks"]["keys"]["facts"]["count"], 1, "{body}");
    assert!(body["checks"]["revocations"]["facts"]["lag_seconds"].is_number(), "{body}");
    assert_eq!(body["checks"]["database"]["ok"], true, "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_or_broken_database_is_503_or_500_and_never_a_401_or_a_leak() {
    let api = TestApi::start(TestDatabase::with_users(1)).await;
    let token = api.token(&user_id(1)).sign();
    api.users.execute("DROP VIEW public_users");
    for path in ["/api/users", "/api/users/me", "/api/users?username=a"] {
        let answer = api.get_as(&token, path).await;
        assert!(answer.status.is_server_error(), "{answer:?}");
        assert!(!answer.text.contains("public_users"), "{answer:?}");
    }
    let ready = api.send(Method::GET, "/readyz", &[]).await;
    assert_eq!(ready.status, 503, "{ready:?}");
    assert_eq!(ready.json()["checks"]["database"]["ok"], false);
    assert_eq!(api.send(Method::GET, "/healthz", &[]).await.status, 200);
    assert_eq!(api.get_as(&token, "/api/whoami").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_yet_is_503_until_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("later.db").display());
    let more = [("USERS_DATABASE_URL", url.as_str())];
    let api = TestApi::start_unready(TestDatabase::new(), &more).await;
    for _ in 0..200 {
        if api.get("/api/whoami").await.status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let answer = api.get("/api/users").await;
    answer.assert_problem(503, "unavailable");
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(api.send(Method::GET, "/readyz", &[]).await.status, 503);
    let from = api.users.url();
    api.users.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    std::fs::copy(from.trim_start_matches("sqlite://"), folder.path().join("later.db")).unwrap();
    assert_eq!(api.get("/api/users").await.status, 200);
    api.wait_until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_a_token_is_503_and_not_401() {
    let mut issuer = FakeIssuer::start().await;
    issuer.go_down().await;
    let mut api = TestApi::start_under(issuer, TestDatabase::new(), &[]).await;
    let answer = api.get("/api/users").await;
    answer.assert_problem(503, "keys_unavailable");
    assert!(!answer.header("retry-after").is_empty());
    let ready = api.send(Method::GET, "/readyz", &[]).await;
    assert_eq!(ready.json()["checks"]["keys"]["ok"], false, "{ready:?}");
    assert_eq!(api.send(Method::GET, "/api/whoami", &[]).await.status, 200);
    api.issuer.come_back().await;
    api.wait_until_ready().await;
    assert_eq!(api.get("/api/users").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_full_list_of_revocations_a_token_is_503() {
    let issuer = FakeIssuer::start().await;
    issuer.answer_feed(IssuerAnswer::status(500));
    let api = TestApi::start_under(issuer, TestDatabase::new(), &[]).await;
    for _ in 0..200 {
        if api.get("/api/users").await.json()["error"] == "unavailable" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    api.get("/api/users").await.assert_problem(503, "unavailable");
    let ready = api.send(Method::GET, "/readyz", &[]).await.json();
    assert_eq!(ready["checks"]["revocations"]["ok"], false, "{ready}");
    assert_eq!(ready["checks"]["keys"]["ok"], true, "{ready}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_is_not_ready_and_closes_its_port() {
    let more = [("USERS_DRAIN_DELAY", "300ms")];
    let api = TestApi::start_unready(TestDatabase::with_users(1), &more).await;
    api.wait_until_ready().await;
    let address = api.running.address();
    let token = api.token(&user_id(1)).sign();
    let stopping = tokio::spawn(api.running.stop());
    tokio::time::sleep(Duration::from_millis(50)).await;
    let client = reqwest::Client::new();
    let ready = client.get(format!("http://{address}/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    let me = client.get(format!("http://{address}/api/users/me")).bearer_auth(token);
    assert_eq!(me.send().await.unwrap().status(), 200);
    stopping.await.unwrap();
    assert!(client.get(format!("http://{address}/healthz")).send().await.is_err());
}
