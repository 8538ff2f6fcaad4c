//! Malformed bodies, paths, methods and queries: a problem body with the right code.

use authpair_testkit::{Answer, TestPair};
use serde_json::json;

use crate::on_both;

#[on_both]
async fn each_bad_body_gets_its_problem(pair: TestPair) {
    let deep = format!("{{\"username\":{}1{}}}", "[".repeat(900), "]".repeat(900));
    let twice = r#"{"username":"ana","username":"bob","password":"x"}"#;
    for (body, status, code) in [
        ("", 400, "invalid_request"),
        ("{", 400, "invalid_request"),
        ("[]", 400, "invalid_request"),
        ("null", 400, "invalid_request"),
        (r#"{"username":"ana"}"#, 400, "invalid_request"),
        (r#"{"username":1,"password":true}"#, 400, "invalid_request"),
        (r#"{"username":"a\u0000na","password":"x"}"#, 401, "invalid_credentials"),
        (r#"{"username":"\ud800","password":"x"}"#, 400, "invalid_request"),
        (r#"{"username":"ana","password":1e400}"#, 400, "invalid_request"),
        (r#"{"username":"ana","password":"x","scope":"users:admin"}"#, 400, "invalid_request"),
        (&deep, 400, "invalid_request"),
        (twice, 400, "invalid_request"),
        ("\u{feff}{}", 400, "invalid_request"),
    ] {
        let call =
            pair.auth_call("POST", "/api/auth/login").header("content-type", "application/json");
        Answer::of(call.body(body.to_owned())).await.expect(status, code);
    }
    let bytes =
        pair.auth_call("POST", "/api/auth/login").header("content-type", "application/json");
    Answer::of(bytes.body(vec![b'"', 0xff, 0xfe])).await.expect(400, "invalid_request");
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let call = pair.auth_call("POST", "/api/auth/login").header("content-type", media_type);
        Answer::of(call.body("{}")).await.expect(415, "unsupported_media_type");
    }
    let large = json!({ "username": "x".repeat(5_000), "password": "x" });
    pair.post("/api/auth/login", &large).await.expect(413, "payload_too_large");
}

#[on_both]
async fn paths_and_methods_that_do_not_exist_have_their_problems(pair: TestPair) {
    for path in [
        "/",
        "/nope",
        "/api/auth/nope",
        "/api/auth/login/",
        "/.well-known/nope",
        "/%00",
        "/api/users",
    ] {
        Answer::of(pair.auth_call("GET", path)).await.expect(404, "not_found");
    }
    for path in ["/", "/api/nope", "/api/auth/login", "/api/users/a/b"] {
        Answer::of(pair.users_call("GET", path)).await.expect(404, "not_found");
    }
    let answer = Answer::of(pair.auth_call("GET", "/api/auth/login"))
        .await
        .expect(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "POST");
    let answer =
        Answer::of(pair.users_call("POST", "/api/users")).await.expect(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET, HEAD");
    let answer =
        Answer::of(pair.auth_call("POST", "/api/auth/me")).await.expect(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET, HEAD, PATCH, DELETE");
}

#[on_both]
async fn head_is_answered_like_get_without_a_body(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    for path in
        ["/healthz", "/readyz", "/.well-known/jwks.json", "/api/auth/me", "/api/auth/sessions"]
    {
        let answer =
            Answer::of(pair.auth_call("HEAD", path).bearer_auth(&session.access)).await.ok(200);
        assert!(answer.text.is_empty() && answer.header("content-length") != "0", "{path}");
    }
    for path in ["/healthz", "/readyz", "/api/users", "/api/users/me", "/api/whoami"] {
        Answer::of(pair.users_call("HEAD", path).bearer_auth(&session.access)).await.ok(200);
    }
}

#[on_both]
async fn bad_queries_are_refused_and_never_list_everyone(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    for query in [
        "per_page=-1",
        "per_page=0",
        "per_page=1000000000",
        "per_page=abc",
        "per_page=5&per_page=6",
        "per_page=101",
        "page=0",
        "page=-1",
        "page=abc",
        "page=99999999999999999999999",
        "page=9223372036854775807&per_page=100",
        "page=1002&per_page=100",
        "cursor=abc",
        "cursor=",
        "page=1&cursor=abc",
        "per_page=",
        "page=1.5",
    ] {
        let answer = pair.get_users(&format!("/api/users?{query}"), &session.access).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "invalid_request"),
            "{query}: {}",
            answer.text
        );
    }
    let past = pair.get_users("/api/users?page=900&per_page=100", &session.access).await.ok(200);
    assert_eq!(past.body["users"], json!([]));
    // A token in the query does not count.
    let query = format!("/api/users?access_token={}", session.access);
    Answer::of(pair.users_call("GET", &query)).await.expect(401, "authorization_header");
    for id in ["nobody", "../../etc/passwd", "%00", "00000000-0000-0000-0000-000000000000"] {
        let answer = pair.get_users(&format!("/api/users/{id}"), &session.access).await;
        assert_eq!(answer.status, 404, "{id}: {}", answer.text);
    }
}
