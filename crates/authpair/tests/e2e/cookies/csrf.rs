//! Cookie mode, for browsers.

use authpair_testkit::{Answer, Backend, PASSWORD, TestPair};
use reqwest::RequestBuilder;
use serde_json::json;

const ORIGIN: &str = "https://app.example.com";

struct Browser {
    pair: TestPair,
    cookie: String,
    csrf: String,
}

async fn browser() -> Browser {
    let settings = [("AUTH_CORS_ORIGINS", ORIGIN), ("USERS_CORS_ORIGINS", ORIGIN)];
    let pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
    pair.register("ana").await;
    let body = json!({ "username": "ana", "password": PASSWORD, "cookie": true });
    let login = pair.auth_call("POST", "/api/auth/login").header("origin", ORIGIN).json(&body);
    let login = Answer::of(login).await.ok(200);
    assert!(login.body.get("refresh_token").is_none(), "{}", login.text);
    let set = login.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/api/auth", "Max-Age=604800"] {
        assert!(set.contains(part), "{part} in {set}");
    }
    assert!(!set.contains("Secure"), "the issuer is http on loopback: {set}");
    let cookie = set.split(';').next().unwrap().to_owned();
    Browser { csrf: login.string("csrf_token"), cookie, pair }
}

impl Browser {
    fn call(&self, method: &str, path: &str) -> RequestBuilder {
        self.pair.auth_call(method, path).header("cookie", &self.cookie)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_refreshes_only_with_its_csrf_token_from_a_listed_origin() {
    let browser = browser().await;
    let path = "/api/auth/refresh";
    let bare = || browser.call("POST", path);
    let csrf = browser.csrf.as_str();
    for (name, call) in [
        ("nothing", bare()),
        ("no origin", bare().header("x-csrf-token", csrf)),
        ("no token", bare().header("origin", ORIGIN)),
        ("null", bare().header("origin", "null").header("x-csrf-token", csrf)),
        (
            "suffix",
            bare()
                .header("origin", "https://app.example.com.evil.net")
                .header("x-csrf-token", csrf),
        ),
        ("prefix", bare().header("origin", "https://app.example").header("x-csrf-token", csrf)),
        ("scheme", bare().header("origin", "http://app.example.com").header("x-csrf-token", csrf)),
        ("wrong token", bare().header("origin", ORIGIN).header("x-csrf-token", "AAAA")),
    ] {
        let answer = Answer::of(call).await;
        assert_eq!((answer.status, answer.code()), (403, "csrf_failed"), "{name}: {}", answer.text);
    }
    let plain = bare()
        .header("origin", ORIGIN)
        .header("x-csrf-token", csrf)
        .header("content-type", "text/plain");
    Answer::of(plain.body("{}")).await.expect(415, "unsupported_media_type");
    let good = bare().header("origin", ORIGIN).header("x-csrf-token", csrf);
    let answer = Answer::of(good).await.ok(200);
    assert!(answer.body.get("refresh_token").is_none());
    assert_eq!(answer.string("csrf_token"), csrf);
    assert!(answer.header("set-cookie").starts_with("refresh_token_cookie=ey"));
    assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_gets_its_csrf_token_again_after_a_reload_and_logs_out_with_it() {
    let browser = browser().await;
    Answer::of(browser.call("GET", "/api/auth/csrf")).await.expect(403, "csrf_failed");
    let evil = browser.call("GET", "/api/auth/csrf").header("origin", "https://evil.example");
    Answer::of(evil).await.expect(403, "csrf_failed");
    let call = browser.call("GET", "/api/auth/csrf").header("origin", ORIGIN);
    assert_eq!(Answer::of(call).await.ok(200).string("csrf_token"), browser.csrf);
    let call = browser.call("POST", "/api/auth/logout").header("origin", ORIGIN);
    Answer::of(call).await.expect(403, "csrf_failed");
    let call = browser.call("POST", "/api/auth/logout").header("origin", ORIGIN);
    let answer = Answer::of(call.header("x-csrf-token", &browser.csrf)).await.ok(204);
    let cleared = answer.header("set-cookie");
    assert!(
        cleared.starts_with("refresh_token_cookie=;") && cleared.contains("Max-Age=0"),
        "{cleared}"
    );
    let call = browser.call("GET", "/api/auth/csrf").header("origin", ORIGIN);
    Answer::of(call).await.expect(401, "token_revoked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_csrf_token_of_another_session_is_refused() {
    let browser = browser().await;
    let body = json!({ "username": "ana", "password": PASSWORD, "cookie": true });
    let other =
        Answer::of(browser.pair.auth_call("POST", "/api/auth/login").json(&body)).await.ok(200);
    let call = browser.call("POST", "/api/auth/refresh").header("origin", ORIGIN);
    Answer::of(call.header("x-csrf-token", other.string("csrf_token")))
        .await
        .expect(403, "csrf_failed");
    let foreign =
        browser.pair.auth_call("POST", "/api/auth/login").header("origin", "https://evil.example");
    Answer::of(foreign.json(&body)).await.expect(403, "csrf_failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_listed_origins_may_read_answers() {
    let browser = browser().await;
    let preflight = |origin: &'static str| {
        let call = browser.pair.auth_call("OPTIONS", "/api/auth/me").header("origin", origin);
        Answer::of(
            call.header("access-control-request-method", "PATCH")
                .header("access-control-request-headers", "authorization,content-type"),
        )
    };
    let answer = preflight(ORIGIN).await.ok(200);
    assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
    assert!(answer.header("access-control-allow-methods").contains("PATCH"));
    for origin in [
        "null",
        "https://evil.example",
        "https://app.example.com.evil.net",
        "https://xapp.example.com",
    ] {
        let answer = preflight(origin).await.expect(400, "invalid_request");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
    }
    for call in [
        browser.pair.auth_call("GET", "/api/auth/me"),
        browser.pair.users_call("GET", "/api/users"),
    ] {
        let answer = Answer::of(call.header("origin", "https://evil.example")).await;
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert!(answer.header("vary").contains("Origin"), "{:?}", answer.headers);
    }
}
