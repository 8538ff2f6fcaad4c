//! Bodies as front ends and their libraries send them, and the format of times in answers.

use authpair_testkit::{Answer, PASSWORD, TestPair};
use serde_json::{Value, json};

use crate::on_both;

#[on_both]
async fn an_empty_body_is_accepted_with_any_content_type(pair: TestPair) {
    let (_, mut session) = pair.new_user("ana").await;
    let types = ["application/x-www-form-urlencoded", "application/json", "text/plain", "x"];
    let empty = |path: &str, media_type: &str, length: bool| {
        let call = pair.auth_call("POST", path).header("content-type", media_type);
        if length { call.header("content-length", "0") } else { call }
    };
    for media_type in types {
        for length in [true, false] {
            let call = empty("/api/auth/refresh", media_type, length).bearer_auth(&session.refresh);
            session = authpair_testkit::Session::of(&Answer::of(call).await.ok(200));
        }
        let call = empty("/api/auth/login", media_type, true);
        Answer::of(call).await.expect(400, "invalid_request");
        let token = Answer::of(empty("/oauth2/token", media_type, true)).await;
        assert_eq!((token.status, token.code()), (400, "invalid_request"), "{}", token.text);
        let other = pair.login("ana").await;
        let call = empty("/api/auth/logout", media_type, true).bearer_auth(&other.access);
        Answer::of(call).await.ok(204);
    }
    let call = empty("/api/auth/refresh", "text/plain", false).bearer_auth(&session.refresh);
    Answer::of(call.body("{}")).await.expect(415, "unsupported_media_type");
}

#[on_both]
async fn a_compressed_body_is_refused_and_an_empty_one_is_not(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let login = json!({ "username": "ana", "password": PASSWORD }).to_string();
    let post = |path: &str, coding: &str, body: &str| {
        pair.auth_call("POST", path)
            .header("content-type", "application/json")
            .header("content-encoding", coding)
            .body(body.to_owned())
    };
    for coding in ["gzip", "GZIP", "br", "deflate", "identity, gzip", "unknown"] {
        let answer = Answer::of(post("/api/auth/login", coding, &login)).await;
        let answer = answer.expect(415, "unsupported_media_type");
        assert_eq!(answer.header("accept-encoding"), "identity", "{coding}");
    }
    Answer::of(post("/api/auth/login", "identity", &login)).await.ok(200);
    let form = pair.auth_call("POST", "/oauth2/token").header("content-encoding", "gzip");
    let form =
        form.header("content-type", "application/x-www-form-urlencoded").body("grant_type=x");
    Answer::of(form).await.expect(415, "unsupported_media_type");
    let empty = post("/api/auth/refresh", "gzip", "").bearer_auth(&session.refresh);
    Answer::of(empty).await.ok(200);
}

#[on_both]
async fn a_flag_that_is_null_counts_as_absent(pair: TestPair) {
    pair.register("ana").await;
    let body = json!({ "username": "ana", "password": PASSWORD, "cookie": null });
    let answer = pair.post("/api/auth/login", &body).await.ok(200);
    assert!(answer.body["refresh_token"].is_string() && answer.header("set-cookie").is_empty());
}

#[on_both]
async fn times_in_the_answers_of_both_services_have_the_same_form(pair: TestPair) {
    let (user, session) = pair.new_user("ana").await;
    let me = pair.me(&session.access).await.ok(200).body;
    let call = pair.auth_call("GET", "/api/auth/sessions").bearer_auth(&session.access);
    let sessions = Answer::of(call).await.ok(200).body;
    let page = pair.get_users("/api/users", &session.access).await.ok(200).body;
    let one =
        pair.get_users(&format!("/api/users/{}", user.id), &session.access).await.ok(200).body;
    assert_eq!(me["created_at"], one["created_at"]);
    let found = &sessions["sessions"][0];
    for time in [
        &me["created_at"],
        &found["created_at"],
        &found["last_used_at"],
        &found["expires_at"],
        &page["users"][0]["created_at"],
        &one["created_at"],
    ] {
        assert!(is_micros(time), "{time}");
    }
}

/// `2026-11-26T06:54:25.000042Z`
fn is_micros(time: &Value) -> bool {
    let text = time.as_str().unwrap_or_default().as_bytes();
    let fits = |(at, byte): (usize, &u8)| match at {
        4 | 7 => *byte == b'-',
        10 => *byte == b'T',
        13 | 16 => *byte == b':',
        19 => *byte == b'.',
        26 => *byte == b'Z',
        _ => byte.is_ascii_digit(),
    };
    text.len() == 27 && text.iter().enumerate().all(fits)
}
