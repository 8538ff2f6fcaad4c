//! Registration: names, addresses and passwords that are refused, and the fields that the answer names.

use authpair_testkit::{Answer, TestPair};
use serde_json::{Value, json};

use crate::on_both;

fn registration(username: &str, email: &str) -> Value {
    json!({ "username": username, "email": email, "password": "correct horse battery" })
}

#[on_both]
async fn spellings_of_one_name_or_address_are_one_account(pair: TestPair) {
    pair.post("/api/auth/register", &registration("Zoë", "zoe@example.com")).await.ok(201);
    // Another case, decomposed (NFD), and full width.
    for (index, alike) in ["zoë", "ZOË", "Zoe\u{308}", "Ｚｏë"].into_iter().enumerate() {
        let body = registration(alike, &format!("other{index}@example.com"));
        let answer = pair.post("/api/auth/register", &body).await.expect(409, "user_exists");
        assert_eq!(answer.body["fields"], json!({ "username": ["is taken"] }), "{alike}");
    }
    let body = registration("someone", "ZOE@Example.COM");
    let answer = pair.post("/api/auth/register", &body).await.expect(409, "user_exists");
    assert_eq!(answer.body["fields"], json!({ "email": ["is taken"] }));
    for hidden in ["zo\u{200b}e", "zoe\u{202e}", "zo\u{0}e", "zo e", "zoe@x", "\u{feff}zoe", ""] {
        let answer = pair.post("/api/auth/register", &registration(hidden, "h@example.com")).await;
        answer.expect(400, "invalid_request");
    }
}

#[on_both]
async fn of_32_equal_registrations_at_once_one_succeeds(pair: TestPair) {
    let body = registration("ana", "ana@example.com");
    let calls = (0..32).map(|_| {
        let call = pair.auth_call("POST", "/api/auth/register").json(&body);
        tokio::spawn(Answer::of(call))
    });
    let mut statuses = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        statuses.push(call.await.unwrap().status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert!(statuses[1..].iter().all(|status| *status == 409), "{statuses:?}");
}

#[on_both]
async fn a_user_logs_in_by_name_or_address_in_any_letter_case(pair: TestPair) {
    pair.register("Ana").await;
    for body in [
        json!({ "username": "ana", "password": "correct horse battery" }),
        json!({ "username": "ANA", "password": "correct horse battery" }),
        json!({ "email": "ana@example.com", "password": "correct horse battery" }),
        json!({ "username": "Ana@EXAMPLE.com", "password": "correct horse battery" }),
    ] {
        let answer = pair.post("/api/auth/login", &body).await.ok(200);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.string("token_type"), "Bearer");
    }
    let both = json!({ "username": "ana", "email": "ana@example.com", "password": "x" });
    pair.post("/api/auth/login", &both).await.expect(400, "invalid_request");
}

#[on_both]
async fn an_unknown_user_and_a_wrong_password_get_the_same_answer(pair: TestPair) {
    pair.register("ana").await;
    let mut answers = Vec::new();
    for body in [
        json!({ "username": "ana", "password": "wrong" }),
        json!({ "username": "nobody", "password": "wrong" }),
        json!({ "username": "no\u{200b}body", "password": "wrong" }),
        json!({ "email": "no address", "password": "" }),
    ] {
        let answer = pair.post("/api/auth/login", &body).await.expect(401, "invalid_credentials");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        answers.push(answer.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
}

#[on_both]
async fn a_bad_registration_names_each_bad_field_and_creates_no_user(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let body =
        json!({ "username": "b c", "email": "nowhere", "password": "short", "role": "admin" });
    let answer = pair.post("/api/auth/register", &body).await.expect(400, "invalid_request");
    assert_eq!(answer.body["fields"]["password"], json!(["too short: 8 characters at least"]));
    for field in ["username", "email", "role"] {
        assert!(answer.body["fields"][field].is_array(), "{}", answer.text);
    }
    for own in ["benjamin", "BENJAMIN", "benjamin@example.com", "ｂenjamin"] {
        let body =
            json!({ "username": "benjamin", "email": "benjamin@example.com", "password": own });
        pair.post("/api/auth/register", &body).await.expect(400, "invalid_request");
    }
    let long = json!({ "username": "ben", "email": "b@example.com", "password": "x".repeat(257) });
    let answer = pair.post("/api/auth/register", &long).await.expect(400, "invalid_request");
    assert_eq!(answer.body["fields"]["password"], json!(["too long: 256 characters at most"]));
    let longer =
        json!({ "username": "ben", "email": "b@example.com", "password": "x".repeat(5_000) });
    pair.post("/api/auth/register", &longer).await.expect(413, "payload_too_large");
    let page = pair.get_users("/api/users", &session.access).await.ok(200);
    assert_eq!(page.body["total"], 1);
}
