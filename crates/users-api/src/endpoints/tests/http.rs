//! The HTTP behaviour that all paths share.

use reqwest::Method;

use crate::testing::{TestApi, TestDatabase, user_id};

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_answered_405_with_the_allowed_ones() {
    let api = TestApi::start(TestDatabase::new()).await;
    for path in ["/api/users", "/api/users/me", "/api/users/1", "/api/whoami", "/healthz"] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let answer = api.send(method, path, &[]).await;
            answer.assert_problem(405, "method_not_allowed");
            assert_eq!(answer.header("allow"), "GET, HEAD", "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_are_not_found_within_the_api_and_outside() {
    let api = TestApi::start(TestDatabase::new()).await;
    for path in ["/", "/api", "/api/", "/api/users/", "/api/users/1/2", "/api/nothing", "/%ff"] {
        let answer = api.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_answers_as_get_does_without_a_body() {
    let api = TestApi::start(TestDatabase::with_users(1)).await;
    let bearer = format!("Bearer {}", api.token(&user_id(1)).sign());
    for path in ["/api/users", "/api/users/me", "/api/whoami", "/healthz", "/readyz"] {
        let headers = [("authorization", bearer.as_str())];
        let (get, head) = (
            api.send(Method::GET, path, &headers).await,
            api.send(Method::HEAD, path, &headers).await,
        );
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        assert_eq!(head.header("link"), get.header("link"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_origins_may_read_answers_and_errors() {
    let api = TestApi::start(TestDatabase::new()).await;
    let asked = [
        ("origin", "https://app.example.com"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization"),
    ];
    let preflight = api.send(Method::OPTIONS, "/api/users", &asked).await;
    assert_eq!(preflight.status, 200, "{preflight:?}");
    assert_eq!(preflight.header("access-control-allow-origin"), "https://app.example.com");
    let listed = api.send(Method::GET, "/api/users", &asked[..1]).await;
    listed.assert_problem(401, "authorization_header");
    assert_eq!(listed.header("access-control-allow-origin"), "https://app.example.com");
    assert!(
        listed
            .headers
            .get_all("vary")
            .iter()
            .any(|vary| { vary.to_str().unwrap().to_ascii_lowercase().contains("origin") })
    );
    for evil in ["https://evil.example.com", "null", "https://app.example.com.evil.org"] {
        let answer = api.send(Method::GET, "/api/users", &[("origin", evil)]).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{evil}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sane_request_id_is_kept_and_another_replaced() {
    let api = TestApi::start(TestDatabase::new()).await;
    let sane = api.send(Method::GET, "/api/users", &[("x-request-id", "r-1")]).await;
    assert_eq!(sane.header("x-request-id"), "r-1");
    let odd = api.send(Method::GET, "/api/users", &[("x-request-id", "a b\"")]).await;
    assert_eq!(odd.header("x-request-id").len(), 36, "{odd:?}");
}
