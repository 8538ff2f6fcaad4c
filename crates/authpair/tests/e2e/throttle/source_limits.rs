//! How many calls of each class a source may make.

use std::time::Duration;

use authpair_testkit::{Answer, PASSWORD, TestPair};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{limited, login_from, post_from, retry_after, source};
use crate::{
    on_both,
    support::{oauth::Account, raw_http::connect},
};

#[on_both]
async fn a_source_logs_in_ten_times_at_once_and_then_once_each_two_seconds(pair: TestPair) {
    let pair = limited(pair, &[]).await;
    // At another account each time, so that no account is blocked.
    for number in 0..10 {
        let name = format!("nobody{number}");
        login_from(&pair, &source(1), &name, "wrong").await.expect(401, "invalid_credentials");
    }
    for number in 10..20 {
        let seconds = retry_after(login_from(&pair, &source(1), &format!("n{number}"), "w").await);
        assert_eq!(seconds, 2);
        pair.clock.advance(Duration::from_secs(seconds));
        login_from(&pair, &source(1), &format!("n{number}"), "wrong").await.expect_status(401);
    }
    login_from(&pair, &source(2), "nobody", "wrong").await.expect_status(401);
}

#[on_both]
async fn a_source_registers_ten_users_an_hour(pair: TestPair) {
    let pair = limited(pair, &[]).await;
    let register = async |number: u32| {
        let name = format!("user{number}");
        let body = json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD });
        post_from(&pair, &source(1), "/api/auth/register", &body).await
    };
    for number in 0..10 {
        register(number).await.ok(201);
    }
    assert_eq!(retry_after(register(10).await), 360);
    pair.clock.advance(Duration::from_secs(360));
    register(10).await.ok(201);
}

#[on_both]
async fn a_source_over_its_limit_is_refused_before_it_has_sent_a_body(pair: TestPair) {
    let pair = limited(pair, &[("AUTH_LIMIT_REGISTER", "1/h"), ("AUTH_LIMIT_LOGIN", "1/h")]).await;
    for path in ["/api/auth/register", "/api/auth/login"] {
        let answer = post_from(&pair, &source(1), path, &json!({})).await;
        answer.expect(400, "invalid_request");
        let mut stream = connect(&pair.auth).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 40\r\n\
             x-forwarded-for: {}\r\n\r\n",
            source(1)
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut bytes = [0; 4_096];
        // Less than the time after which a missing body is answered with 408.
        let read = timeout(Duration::from_secs(8), stream.read(&mut bytes)).await.unwrap().unwrap();
        let answer = String::from_utf8_lossy(&bytes[..read]);
        assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
        assert!(answer.contains("retry-after: 3600"), "{answer}");
    }
}

#[on_both]
async fn refreshes_and_checks_of_secrets_inside_sessions_have_limits_of_their_own(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let pair =
        limited(pair, &[("AUTH_LIMIT_SECRET", "4/min"), ("AUTH_LIMIT_REFRESH", "2/min")]).await;
    let call = async |method: &str, path: &str, body: Value| {
        pair.send(method, path, &session.access, &body).await
    };
    let password = json!({ "password": PASSWORD });
    call("POST", "/api/auth/reauthenticate", password.clone()).await.ok(200);
    call("PATCH", "/api/auth/me", json!({ "username": "anna" })).await.ok(200);
    let change = json!({ "current_password": "wrong", "new_password": "a whole new horse" });
    call("PUT", "/api/auth/password", change.clone()).await.expect(401, "invalid_credentials");
    call("POST", "/api/auth/reauthenticate", json!({ "password": "no" })).await.expect_status(401);
    let refused = call("POST", "/api/auth/reauthenticate", password.clone()).await;
    assert_eq!(retry_after(refused), 15);
    retry_after(call("PUT", "/api/auth/password", change).await);
    retry_after(call("PATCH", "/api/auth/me", json!({ "username": "ana" })).await);
    // What checks no secret goes on, and so do refreshes.
    pair.me(&session.access).await.ok(200);
    for _ in 0..2 {
        pair.refresh(&session.refresh).await.ok(200);
    }
    assert_eq!(retry_after(pair.refresh(&session.refresh).await), 30);
    pair.clock.advance(Duration::from_secs(30));
    call("POST", "/api/auth/reauthenticate", password).await.ok(200);
    pair.logout(&session.refresh).await.ok(204);
}

#[on_both]
async fn only_failed_authentications_of_service_accounts_are_counted(pair: TestPair) {
    let account = Account::create(&pair, "users:read");
    let pair = limited(pair, &[]).await;
    for _ in 0..15 {
        account.token(&pair).await;
    }
    let guessing = account.guessing("a wrong secret");
    for number in 0..10 {
        // At each of the three endpoints.
        let answer = match number % 3 {
            0 => guessing.ask(&pair, "").await,
            1 => guessing.call(&pair, "/oauth2/introspect", &[("token", "x")]).await,
            _ => guessing.revoke(&pair, "x").await,
        };
        assert_eq!((answer.status, answer.code()), (401, "invalid_client"));
    }
    assert_eq!(retry_after(guessing.ask(&pair, "").await), 6);
    assert_eq!(retry_after(account.ask(&pair, "").await), 6);
    retry_after(account.revoke(&pair, "x").await);
    pair.clock.advance(Duration::from_secs(6));
    account.token(&pair).await;
    assert_eq!(guessing.ask(&pair, "").await.status, 401);
    retry_after(account.ask(&pair, "").await);
}

#[on_both]
async fn nothing_is_limited_where_the_switch_is_off(pair: TestPair) {
    let pair = limited(pair, &[("AUTH_RATE_LIMITS", "off"), ("AUTH_LIMIT_LOGIN", "1/h")]).await;
    pair.register("ana").await;
    for _ in 0..30 {
        login_from(&pair, &source(1), "ana", "wrong").await.expect(401, "invalid_credentials");
    }
    login_from(&pair, &source(1), "ana", PASSWORD).await.ok(200);
    let ready = Answer::of(pair.auth_call("GET", "/readyz")).await.ok(200);
    assert_eq!(ready.body["checks"]["rate_limits"]["facts"]["on"], false);
}
