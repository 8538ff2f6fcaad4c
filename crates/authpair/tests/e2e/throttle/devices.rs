//! Trusted devices: the token that they get, and what it allows.

use std::time::Duration;

use authpair_testkit::{Answer, PASSWORD, Session, TestPair};
use serde_json::{Value, json};

use super::{limited, login_from, retry_after, source};
use crate::{on_both, support::command_line};

const NEW: &str = "a whole new horse";

async fn login(pair: &TestPair, more: Value) -> Answer {
    let mut body = json!({ "username": "ana", "password": PASSWORD });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    pair.post("/api/auth/login", &body).await
}

/// A device token of ana's.
async fn remembered(pair: &TestPair) -> String {
    login(pair, json!({ "remember_device": true })).await.ok(200).string("device_token")
}

async fn with_device(pair: &TestPair, token: &str, password: &str) -> Answer {
    login(pair, json!({ "device_token": token, "password": password })).await
}

/// Blocks ana's account for everybody who has nothing but the password.
async fn block(pair: &TestPair) {
    for number in 0..5 {
        login_from(pair, &source(number), "ana", "wrong").await.expect(401, "invalid_credentials");
    }
    retry_after(login_from(pair, &source(9), "ana", PASSWORD).await);
}

async fn with_ana(pair: TestPair) -> TestPair {
    pair.register("ana").await;
    limited(pair, &[("AUTH_LIMIT_LOGIN", "off")]).await
}

#[on_both]
async fn a_login_without_a_device_token_gives_one_if_asked_for_and_always_in_cookie_mode(
    pair: TestPair,
) {
    let pair = with_ana(pair).await;
    let plain = login(&pair, json!({})).await.ok(200);
    assert!(plain.body["device_token"].is_null() && plain.header("set-cookie").is_empty());
    let token = remembered(&pair).await;
    let known = json!({ "remember_device": true, "device_token": token });
    assert!(login(&pair, known).await.ok(200).body["device_token"].is_null());
    let browser = login(&pair, json!({ "cookie": true })).await.ok(200);
    assert!(browser.body["device_token"].is_null(), "it is in the cookie");
    let cookies = |answer: &Answer| {
        let lines = answer.headers.get_all("set-cookie").iter();
        lines.map(|line| line.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let set = cookies(&browser);
    let device = set.iter().find(|line| line.starts_with("device_token=")).unwrap();
    assert!(device.ends_with("; HttpOnly; SameSite=Strict; Path=/; Max-Age=5184000"), "{device}");
    let sent = device.split(';').next().unwrap();
    let body = json!({ "username": "ana", "password": PASSWORD, "cookie": true });
    let again = pair.auth_call("POST", "/api/auth/login").header("cookie", sent).json(&body);
    let again = cookies(&Answer::of(again).await.ok(200));
    assert!(again.iter().all(|line| !line.starts_with("device_token=")), "{again:?}");
}

#[on_both]
async fn a_blocked_account_opens_for_a_trusted_device_in_the_body_or_in_its_cookie(pair: TestPair) {
    let pair = with_ana(pair).await;
    let token = remembered(&pair).await;
    block(&pair).await;
    with_device(&pair, &token, PASSWORD).await.ok(200);
    // That log-in ended the account's failures.
    login_from(&pair, &source(9), "ana", PASSWORD).await.ok(200);
    block(&pair).await;
    let body = json!({ "email": "ana@example.com", "password": PASSWORD });
    let call = pair.auth_call("POST", "/api/auth/login");
    let call = call.header("cookie", format!("device_token=planted; device_token={token}"));
    Answer::of(call.json(&body)).await.ok(200);
    login_from(&pair, &source(9), "ana", PASSWORD).await.ok(200);
}

#[on_both]
async fn ten_failures_end_that_token_alone_and_count_for_nothing_else(pair: TestPair) {
    let pair = with_ana(pair).await;
    let (stolen, own) = (remembered(&pair).await, remembered(&pair).await);
    for _ in 0..10 {
        with_device(&pair, &stolen, "wrong").await.expect(401, "invalid_credentials");
    }
    // None of them counted for the account, which still has all its free failures. From now on the stolen token counts
    // for nothing, and its holder is blocked with everybody else.
    block(&pair).await;
    retry_after(with_device(&pair, &stolen, PASSWORD).await);
    with_device(&pair, &own, PASSWORD).await.ok(200);
    pair.clock.advance(Duration::from_secs(2 * 86_400));
    block(&pair).await;
    retry_after(with_device(&pair, &stolen, PASSWORD).await);
}

#[on_both]
async fn a_right_password_begins_the_count_of_a_token_again(pair: TestPair) {
    let pair = with_ana(pair).await;
    let token = remembered(&pair).await;
    for _ in 0..3 {
        for _ in 0..9 {
            with_device(&pair, &token, "wrong").await.expect(401, "invalid_credentials");
        }
        with_device(&pair, &token, PASSWORD).await.ok(200);
    }
}

#[on_both]
async fn a_new_password_ends_every_device_token_and_gives_the_caller_a_new_one(pair: TestPair) {
    let pair = with_ana(pair).await;
    let token = remembered(&pair).await;
    let session = Session::of(&login(&pair, json!({})).await.ok(200));
    let body = json!({ "current_password": PASSWORD, "new_password": NEW });
    let changed = pair.send("PUT", "/api/auth/password", &session.access, &body).await.ok(200);
    let new = changed.string("device_token");
    block_with(&pair, NEW).await;
    retry_after(with_device(&pair, &token, NEW).await);
    with_device(&pair, &new, NEW).await.ok(200);
}

/// As [`block`], where the password is another one.
async fn block_with(pair: &TestPair, password: &str) {
    for number in 0..5 {
        login_from(pair, &source(number), "ana", "wrong").await.expect(401, "invalid_credentials");
    }
    retry_after(login_from(pair, &source(9), "ana", password).await);
}

#[on_both]
async fn disabling_ends_every_device(pair: TestPair) {
    let pair = with_ana(pair).await;
    let token = remembered(&pair).await;
    command_line::done(&pair, &["disable", "ana"]);
    with_device(&pair, &token, PASSWORD).await.expect(401, "invalid_credentials");
    command_line::done(&pair, &["enable", "ana"]);
    command_line::done(&pair, &["unblock", "ana"]);
    block(&pair).await;
    retry_after(with_device(&pair, &token, PASSWORD).await);
}

#[on_both]
async fn an_expired_foreign_or_forged_device_token_counts_as_none(pair: TestPair) {
    pair.register("bob").await;
    let pair = with_ana(pair).await;
    let token = remembered(&pair).await;
    let body = json!({ "username": "bob", "password": PASSWORD, "remember_device": true });
    let bobs = pair.post("/api/auth/login", &body).await.ok(200).string("device_token");
    block(&pair).await;
    for text in [bobs.as_str(), "", "x", &token[1..], &token.to_uppercase(), &"x".repeat(3_000)] {
        retry_after(with_device(&pair, text, PASSWORD).await);
    }
    let number = login(&pair, json!({ "device_token": 1 })).await;
    assert!(number.expect(400, "invalid_request").body["fields"]["device_token"].is_array());
    pair.clock.advance(Duration::from_secs(60 * 86_400));
    block(&pair).await;
    retry_after(with_device(&pair, &token, PASSWORD).await);
}

#[on_both]
async fn a_device_logs_in_from_an_address_that_is_over_its_limit(pair: TestPair) {
    pair.register("ana").await;
    let pair = limited(pair, &[]).await;
    let token = remembered(&pair).await;
    // At another account each time, so that it is the address that is limited.
    for number in 0..9 {
        login_from(&pair, "127.0.0.1", &format!("nobody{number}"), "wrong")
            .await
            .expect_status(401);
    }
    retry_after(login(&pair, json!({})).await);
    retry_after(with_device(&pair, "forged", PASSWORD).await);
    for _ in 0..20 {
        with_device(&pair, &token, PASSWORD).await.ok(200);
    }
    retry_after(login(&pair, json!({})).await);
}
