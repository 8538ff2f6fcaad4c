//! Cookies that are invalid, of ended sessions, or sent beside other tokens.

use std::time::Duration;

use authpair_testkit::{Answer, PASSWORD, Session, TestPair};
use reqwest::{RequestBuilder, header::HeaderValue};
use serde_json::json;

use crate::on_both;

const ROUTES: [(&str, &str); 3] =
    [("POST", "/api/auth/refresh"), ("POST", "/api/auth/logout"), ("GET", "/api/auth/csrf")];

struct Login {
    token: String,
    csrf: String,
    access: String,
}

async fn login(pair: &TestPair) -> Login {
    let body = json!({ "username": "ana", "password": PASSWORD, "cookie": true });
    let answer = pair.post("/api/auth/login", &body).await.ok(200);
    let pair = answer.header("set-cookie").split(';').next().unwrap();
    let token = pair.strip_prefix("refresh_token_cookie=").unwrap().to_owned();
    Login { token, csrf: answer.string("csrf_token"), access: answer.string("access_token") }
}

/// A call from a page of the issuer's own origin.
fn call(pair: &TestPair, (method, path): (&str, &str), token: &str) -> RequestBuilder {
    let cookie = format!("refresh_token_cookie={token}");
    pair.auth_call(method, path).header("origin", &pair.auth).header("cookie", cookie)
}

fn is_cleared(answer: &Answer) -> bool {
    let set = answer.header("set-cookie");
    set.starts_with("refresh_token_cookie=;") && set.contains("Path=/api/auth; Max-Age=0")
}

#[on_both]
async fn an_invalid_cookie_is_cleared_and_other_tokens_beside_it_work(pair: TestPair) {
    pair.register("ana").await;
    let live = login(&pair).await;
    let mut session = pair.login("ana").await;
    let tampered = format!("{}AAAA", &live.token[..live.token.len() - 4]);
    for dead in ["", "junk", "a.b.c", "\"quoted\"", &tampered, &live.access, &"x".repeat(9_000)] {
        for route in ROUTES {
            let answer = Answer::of(call(&pair, route, dead)).await.expect(401, "invalid_token");
            assert!(is_cleared(&answer), "{route:?} {dead}: {:?}", answer.headers);
        }
        session = goes_through(&pair, &session, dead).await;
    }
    for route in ROUTES {
        // Neither a wrong origin nor a missing CSRF token clears a valid cookie.
        let cookie = format!("refresh_token_cookie={}", live.token);
        let evil = pair.auth_call(route.0, route.1).header("cookie", cookie);
        let evil = evil.header("origin", "https://evil.example");
        let refused = Answer::of(evil).await.expect(403, "csrf_failed");
        assert_eq!(refused.header("set-cookie"), "");
        let two = format!("{0}; refresh_token_cookie={0}", live.token);
        let refused = Answer::of(call(&pair, route, &two)).await.expect(400, "invalid_request");
        assert_eq!(refused.header("set-cookie"), "");
    }
    // A valid cookie is a second credential beside a token in the body, and is ignored beside a Bearer token. Two
    // cookies beside a token in the body are an error even if neither is valid.
    let body = json!({ "refresh_token": session.refresh });
    for cookie in [live.token.as_str(), "a; refresh_token_cookie=b"] {
        let two = call(&pair, ROUTES[0], cookie).json(&body);
        Answer::of(two).await.expect(400, "invalid_request");
    }
    let two = call(&pair, ROUTES[0], "").bearer_auth(&session.refresh).json(&body);
    Answer::of(two).await.expect(400, "invalid_request");
    session = goes_through_as_bearer(&pair, &session, &live.token).await;
    session = goes_through_as_bearer(&pair, &session, "a; refresh_token_cookie=b").await;

    pair.clock.advance(Duration::from_secs(6 * 86_400));
    let session = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    pair.clock.advance(Duration::from_secs(2 * 86_400));
    for route in ROUTES {
        let answer = Answer::of(call(&pair, route, &live.token)).await.expect(401, "token_expired");
        assert!(is_cleared(&answer), "{route:?}: {:?}", answer.headers);
    }
    goes_through(&pair, &session, &live.token).await;
}

/// Refreshes with a Bearer token and with one in the body, beside a cookie that must not count.
async fn goes_through(pair: &TestPair, session: &Session, cookie: &str) -> Session {
    let session = goes_through_as_bearer(pair, session, cookie).await;
    let body = json!({ "refresh_token": session.refresh });
    let answer = Answer::of(call(pair, ROUTES[0], cookie).json(&body)).await.ok(200);
    assert_eq!(answer.header("set-cookie"), "");
    Session::of(&answer)
}

async fn goes_through_as_bearer(pair: &TestPair, session: &Session, cookie: &str) -> Session {
    let call = call(pair, ROUTES[0], cookie).bearer_auth(&session.refresh);
    let answer = Answer::of(call).await.ok(200);
    assert_eq!(answer.header("set-cookie"), "");
    Session::of(&answer)
}

#[on_both]
async fn the_cookie_of_an_ended_session_is_not_cleared_and_other_tokens_beside_it_work(
    pair: TestPair,
) {
    pair.register("ana").await;
    let (over, session) = (login(&pair).await, pair.login("ana").await);
    pair.logout(&over.access).await.ok(204);
    for route in [ROUTES[0], ROUTES[2]] {
        let call = call(&pair, route, &over.token).header("x-csrf-token", &over.csrf);
        let answer = Answer::of(call).await.expect(401, "token_revoked");
        assert_eq!(answer.header("set-cookie"), "");
    }
    goes_through(&pair, &session, &over.token).await;
}

#[on_both]
async fn bytes_that_are_not_utf_8_do_not_hide_the_cookie(pair: TestPair) {
    pair.register("ana").await;
    let Login { token, csrf, .. } = login(&pair).await;
    let odd: [&[u8]; 4] = [b"a=\xff; ", b"\xc3=1; ", b"=; ;a=\xe9\"; ", b"\xf0\x9f; x;"];
    let mut token = token;
    for before in odd {
        let line = [before, b"refresh_token_cookie=", token.as_bytes(), b"; b=\xfe"].concat();
        let with = |method, path| {
            let cookie = HeaderValue::from_bytes(&line).unwrap();
            pair.auth_call(method, path).header("origin", &pair.auth).header("cookie", cookie)
        };
        Answer::of(with("GET", "/api/auth/csrf")).await.ok(200);
        let refresh = with("POST", "/api/auth/refresh").header("x-csrf-token", &csrf);
        let set = Answer::of(refresh).await.ok(200).header("set-cookie").to_owned();
        token = set.split([';', '=']).nth(1).unwrap().to_owned();
    }
    // In the value of the refresh cookie such a byte makes the token malformed.
    let own = HeaderValue::from_bytes(b"refresh_token_cookie=\xff").unwrap();
    let call = pair.auth_call("POST", "/api/auth/refresh").header("cookie", own);
    assert!(is_cleared(&Answer::of(call).await.expect(401, "invalid_token")));
}

#[on_both]
async fn a_page_of_the_same_origin_needs_no_list_of_origins_and_reads_without_an_origin_header(
    pair: TestPair,
) {
    pair.register("ana").await;
    let Login { token, csrf, .. } = login(&pair).await;
    let bare = |method, path| {
        let cookie = format!("refresh_token_cookie={token}");
        pair.auth_call(method, path).header("cookie", cookie)
    };
    for method in ["GET", "HEAD"] {
        let call = bare(method, "/api/auth/csrf").header("sec-fetch-site", "same-origin");
        Answer::of(call).await.ok(200);
    }
    for site in ["same-site", "cross-site", "none"] {
        let call = bare("GET", "/api/auth/csrf").header("sec-fetch-site", site);
        Answer::of(call).await.expect(403, "csrf_failed");
    }
    let post = || bare("POST", "/api/auth/refresh").header("x-csrf-token", &csrf);
    let call = post().header("sec-fetch-site", "same-origin");
    Answer::of(call).await.expect(403, "csrf_failed");
    Answer::of(post().header("origin", &pair.auth)).await.ok(200);
}

#[on_both]
async fn logout_with_a_bearer_token_clears_only_the_cookie_of_the_same_session(pair: TestPair) {
    pair.register("ana").await;
    let (one, other) = (login(&pair).await, login(&pair).await);
    let beside = call(&pair, ROUTES[1], &other.token).bearer_auth(&one.access);
    assert_eq!(Answer::of(beside).await.ok(204).header("set-cookie"), "");
    let own = call(&pair, ROUTES[1], &other.token).bearer_auth(&other.access);
    assert!(is_cleared(&Answer::of(own).await.ok(204)));
}
