//! The limit of profile changes: each one reveals whether another user has that name or address.

use std::time::Duration;

use authpair_testkit::{Answer, PASSWORD, TestPair, client_from};
use reqwest::Client;
use serde_json::json;

use super::limited;
use crate::on_both;

/// The limit of profile changes alone. It has no setting of its own.
const OTHERS_OFF: [(&str, &str); 2] = [("AUTH_LIMIT_LOGIN", "off"), ("AUTH_LIMIT_SECRET", "off")];

/// Tries to take the name `taken`, which another user has.
async fn asks(pair: &TestPair, http: &Client, access: &str) -> Answer {
    let call = http.patch(format!("{}/api/auth/me", pair.auth)).bearer_auth(access);
    Answer::of(call.json(&json!({ "username": "taken" }))).await
}

#[on_both]
async fn a_session_may_try_ten_names_a_minute_and_learns_when_it_may_try_again(pair: TestPair) {
    let pair = limited(pair, &OTHERS_OFF).await;
    pair.register("taken").await;
    let (_, session) = pair.new_user("ana").await;
    // Each from another source.
    for number in 10..20 {
        asks(&pair, &client_from(number), &session.access).await.expect(409, "user_exists");
    }
    let refused = asks(&pair, &client_from(20), &session.access).await.expect(429, "rate_limited");
    assert_eq!((refused.header("retry-after"), &refused.body["retry_after"]), ("6", &json!(6)));
    pair.me(&session.access).await.ok(200);
    pair.clock.advance(Duration::from_secs(6));
    asks(&pair, &client_from(20), &session.access).await.expect(409, "user_exists");
    asks(&pair, &client_from(20), &session.access).await.expect(429, "rate_limited");
}

#[on_both]
async fn a_source_may_try_ten_names_a_minute_however_many_sessions_it_has(pair: TestPair) {
    let pair = limited(pair, &OTHERS_OFF).await;
    pair.register("taken").await;
    pair.register("ana").await;
    let (flood, other) = (client_from(10), client_from(11));
    for _ in 0..10 {
        let session = pair.login("ana").await;
        asks(&pair, &flood, &session.access).await.expect(409, "user_exists");
    }
    let session = pair.login("ana").await;
    asks(&pair, &flood, &session.access).await.expect(429, "rate_limited");
    asks(&pair, &other, &session.access).await.expect(409, "user_exists");
    let login = json!({ "username": "ana", "password": PASSWORD });
    let login = flood.post(format!("{}/api/auth/login", pair.auth)).json(&login);
    Answer::of(login).await.ok(200);
}

#[on_both]
async fn no_change_is_counted_where_rate_limits_are_off(pair: TestPair) {
    pair.register("taken").await;
    let (_, session) = pair.new_user("ana").await;
    let http = client_from(10);
    for _ in 0..12 {
        asks(&pair, &http, &session.access).await.expect(409, "user_exists");
    }
}
