use actix_web::body::to_bytes;
use serde_json::{Value, json};

use super::*;

async fn body(problem: &Problem, id: Option<&str>) -> Value {
    let bytes = to_bytes(problem.to_response(id).into_body()).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[actix_web::test]
async fn a_problem_has_the_five_members_and_its_fields() {
    let problem = Problem::invalid_request("no").with_field("password", "too short");
    assert_eq!(
        body(&problem, None).await,
        json!({"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "no",
               "error": "invalid_request", "fields": {"password": ["too short"]}})
    );
}

#[actix_web::test]
async fn an_internal_problem_contains_the_request_id_and_never_the_cause() {
    let problem = Problem::internal("password table on fire");
    let body = body(&problem, Some("r-1")).await;
    assert_eq!(body["error"], "internal");
    assert!(body["detail"].as_str().unwrap().contains("r-1"));
    assert!(!body.to_string().contains("fire"));
    assert_eq!(problem.cause().unwrap(), "password table on fire");
}

#[actix_web::test]
async fn an_unavailable_problem_says_when_to_retry() {
    let response = Problem::unavailable("no database").to_response(None);
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers().get("retry-after").unwrap(), "1");
    assert_eq!(response.headers().get("content-type").unwrap(), PROBLEM_JSON);
}

#[actix_web::test]
async fn a_rate_limited_problem_has_the_wait_in_header_and_body() {
    let problem = Problem::rate_limited(7);
    assert_eq!(problem.to_response(None).headers().get("retry-after").unwrap(), "7");
    let body = body(&problem, None).await;
    assert_eq!((&body["error"], &body["retry_after"]), (&json!("rate_limited"), &json!(7)));
}
