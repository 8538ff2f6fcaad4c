//! The name of the refresh cookie over https, and cookies with its old name.

use std::time::Duration;

use authpair_testkit::{Answer, PASSWORD, TestPair};
use diesel::connection::SimpleConnection;
use reqwest::RequestBuilder;
use serde_json::json;

use crate::on_both;

const ISSUER: &str = "https://auth.example.com";
const HOST: &str = "__Host-refresh_token";
const OLD_NAME: &str = "refresh_token_cookie";

struct Login {
    token: String,
    csrf: String,
    access: String,
}

/// From now on the issuer is an https address, as behind a proxy.
async fn move_to_https(pair: &mut TestPair) {
    pair.halt().await;
    pair.set("AUTH_ISSUER", ISSUER);
    pair.set("USERS_ISSUER", ISSUER);
    pair.resume().await;
}

async fn login(pair: &TestPair) -> Login {
    let body = json!({ "username": "ana", "password": PASSWORD, "cookie": true });
    let answer = pair.post("/api/auth/login", &body).await.ok(200);
    let set = set_cookies(&answer);
    let [cookie] = set.as_slice() else { panic!("{set:?}") };
    let rest = "; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=604800";
    assert!(cookie.ends_with(rest), "{cookie}");
    Login {
        token: value(cookie, HOST),
        csrf: answer.string("csrf_token"),
        access: answer.string("access_token"),
    }
}

/// The `Set-Cookie` lines of refresh cookies. A log-in also sets the cookie of the trusted device.
fn set_cookies(answer: &Answer) -> Vec<String> {
    let all = answer.headers.get_all("set-cookie").iter();
    let all = all.map(|value| value.to_str().unwrap().to_owned());
    all.filter(|line| !line.starts_with("__Host-device_token=")).collect()
}

/// The value that a `Set-Cookie` gives to a cookie of this name.
fn value(set: &str, name: &str) -> String {
    let pair = set.split(';').next().unwrap();
    pair.strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('='))
        .unwrap_or_else(|| panic!("{set}"))
        .to_owned()
}

fn call(pair: &TestPair, method: &str, path: &str, cookie: &str, csrf: &str) -> RequestBuilder {
    pair.auth_call(method, path)
        .header("cookie", cookie)
        .header("origin", ISSUER)
        .header("x-csrf-token", csrf)
}

#[on_both]
async fn over_https_the_cookie_has_the_host_prefix_and_its_old_name_is_ignored(mut pair: TestPair) {
    move_to_https(&mut pair).await;
    pair.register("ana").await;
    let Login { token, csrf, .. } = login(&pair).await;
    for (method, path) in
        [("POST", "/api/auth/refresh"), ("POST", "/api/auth/logout"), ("GET", "/api/auth/csrf")]
    {
        let old = call(&pair, method, path, &format!("{OLD_NAME}={token}"), &csrf);
        Answer::of(old).await.expect(401, "authorization_header");
        let two = format!("{HOST}={token}; {HOST}={token}");
        let two = Answer::of(call(&pair, method, path, &two, &csrf)).await;
        assert!(set_cookies(&two.expect(400, "invalid_request")).is_empty());
    }
    // A cookie with the old name, which a sibling host can set, is ignored.
    let planted = format!("{OLD_NAME}=a; {HOST}={token}; {OLD_NAME}=b");
    let answer =
        Answer::of(call(&pair, "POST", "/api/auth/refresh", &planted, &csrf)).await.ok(200);
    let set = set_cookies(&answer);
    assert_eq!(set.len(), 1, "{set:?}");
    let next = format!("{HOST}={}", value(&set[0], HOST));
    let answer = Answer::of(call(&pair, "POST", "/api/auth/logout", &next, &csrf)).await.ok(204);
    let cleared = set_cookies(&answer);
    let gone = format!("{HOST}=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0");
    assert!(cleared.len() == 1 && cleared[0].starts_with(&gone), "{cleared:?}");
}

#[on_both]
async fn a_cookie_from_before_the_upgrade_is_accepted_and_renamed(mut pair: TestPair) {
    move_to_https(&mut pair).await;
    pair.register("ana").await;
    let (first, second, third) = (login(&pair).await, login(&pair).await, login(&pair).await);
    upgrade(&mut pair).await;
    let younger = login(&pair).await;
    let old = |token: &str| format!("{OLD_NAME}={token}");

    let read = call(&pair, "GET", "/api/auth/csrf", &old(&first.token), "");
    let answer = Answer::of(read).await.ok(200);
    assert_eq!(answer.string("csrf_token"), first.csrf);
    assert_eq!(renamed(&answer), first.token);

    let refresh = call(&pair, "POST", "/api/auth/refresh", &old(&first.token), &first.csrf);
    let successor = renamed(&Answer::of(refresh).await.ok(200));
    let refresh =
        call(&pair, "POST", "/api/auth/refresh", &format!("{HOST}={successor}"), &first.csrf);
    Answer::of(refresh).await.ok(200);

    let without = call(&pair, "POST", "/api/auth/logout", &old(&second.token), "");
    let refused = Answer::of(without).await.expect(403, "csrf_failed");
    assert!(set_cookies(&refused).is_empty());
    let logout = call(&pair, "POST", "/api/auth/logout", &old(&second.token), &second.csrf);
    assert_eq!(renamed(&Answer::of(logout).await.ok(204)), "");

    let planted = call(&pair, "POST", "/api/auth/refresh", &old(&younger.token), &younger.csrf);
    Answer::of(planted).await.expect(401, "authorization_header");
    // It is ignored beside another token too, although its session is valid.
    let session = pair.login("ana").await;
    let body = json!({ "refresh_token": session.refresh });
    let beside = call(&pair, "POST", "/api/auth/refresh", &old(&younger.token), "").json(&body);
    Answer::of(beside).await.ok(200);
    // A cookie that is accepted is a second credential.
    let older = call(&pair, "POST", "/api/auth/refresh", &old(&third.token), "").json(&body);
    Answer::of(older).await.expect(400, "invalid_request");
    let logout = call(&pair, "POST", "/api/auth/logout", &old(&third.token), "");
    let logout = Answer::of(logout.bearer_auth(&third.access)).await.ok(204);
    assert_eq!(renamed(&logout), "");
}

/// Restarts the pair as if it used the current name for the first time.
async fn upgrade(pair: &mut TestPair) {
    let forget = "DELETE FROM shared_values WHERE name = 'host_cookie_since'";
    let database = &pair.pair().auth().state().database;
    database.write(move |connection| Ok(connection.batch_execute(forget)?)).await.unwrap();
    pair.halt().await;
    pair.clock.advance(Duration::from_secs(60));
    pair.resume().await;
}

/// The value of the current cookie in an answer that also clears the old one.
fn renamed(answer: &Answer) -> String {
    let set = set_cookies(answer);
    let [current, old] = set.as_slice() else { panic!("{set:?}") };
    assert_eq!(value(old, OLD_NAME), "");
    assert!(old.contains("Path=/api/auth; Max-Age=0"), "{old}");
    value(current, HOST)
}
