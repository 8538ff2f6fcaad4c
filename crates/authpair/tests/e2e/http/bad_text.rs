//! Text that a database cannot hold, in every place where a client sends text: U+0000, which PostgreSQL refuses,
//! unpaired surrogates, and bytes that are not UTF-8. Each is refused and ends no connection of the database.

use authpair_testkit::{Answer, PASSWORD, TestPair, postgres::execute};
use reqwest::RequestBuilder;
use serde_json::json;

use crate::{on_both, support::oauth::post_form};

const NUL: &str = "a\u{0}b";

#[on_both]
async fn nul_in_any_text_is_refused_and_ends_no_database_connection(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let sessions = server_sessions(&pair);
    for _ in 0..3 {
        for (name, call) in calls_with_nul(&pair, &session.access) {
            refused(name, call).await;
        }
    }
    pair.me(&session.access).await.ok(200);
    pair.get_users("/api/users/me", &session.access).await.ok(200);
    let later = server_sessions(&pair);
    let ended: Vec<_> = sessions.iter().filter(|pid| !later.contains(*pid)).collect();
    assert!(ended.is_empty(), "{ended:?} of {sessions:?} ended");
}

fn calls_with_nul(pair: &TestPair, access: &str) -> Vec<(&'static str, RequestBuilder)> {
    let auth = |method: &str, path: &str| pair.auth_call(method, path).bearer_auth(access);
    let users = |path: &str| pair.users_call("GET", path).bearer_auth(access);
    let open = |path: &str, body| pair.auth_call("POST", path).json(&body);
    let form = |path: &str, fields: &[(&str, &str)]| post_form(pair, path, fields);
    let person = |name: &str, email: &str, password: &str| {
        open(
            "/api/auth/register",
            json!({ "username": name, "email": email, "password": password }),
        )
    };
    vec![
        ("register: name", person(NUL, "b@example.com", PASSWORD)),
        ("register: email", person("bob", "a\u{0}b@example.com", PASSWORD)),
        ("log in: name", open("/api/auth/login", json!({ "username": NUL, "password": PASSWORD }))),
        (
            "log in: email",
            open("/api/auth/login", json!({ "email": "a\u{0}@b.c", "password": "x" })),
        ),
        (
            "log in: password",
            open("/api/auth/login", json!({ "username": "ana", "password": NUL })),
        ),
        ("refresh", open("/api/auth/refresh", json!({ "refresh_token": NUL }))),
        ("log out", open("/api/auth/logout", json!({ "refresh_token": NUL }))),
        (
            "reauthenticate",
            auth("POST", "/api/auth/reauthenticate").json(&json!({ "password": NUL })),
        ),
        ("rename", auth("PATCH", "/api/auth/me").json(&json!({ "username": NUL }))),
        ("new address", auth("PATCH", "/api/auth/me").json(&json!({ "email": "a\u{0}@b.c" }))),
        ("end a session", auth("DELETE", "/api/auth/sessions/%00")),
        ("end a session: inside", auth("DELETE", "/api/auth/sessions/a%00b")),
        ("feed", pair.auth_call("GET", "/.well-known/revoked-sessions?wait=0&after=%00.1")),
        (
            "client: id",
            form(
                "/oauth2/token",
                &[("grant_type", "client_credentials"), ("client_id", NUL), ("client_secret", "x")],
            ),
        ),
        (
            "client: scope",
            form(
                "/oauth2/token",
                &[
                    ("grant_type", "client_credentials"),
                    ("client_id", "x"),
                    ("client_secret", NUL),
                    ("scope", NUL),
                ],
            ),
        ),
        ("introspect", form("/oauth2/introspect", &[("client_id", NUL), ("token", NUL)])),
        ("revoke", form("/oauth2/revoke", &[("client_id", NUL), ("token", NUL)])),
        ("a user", users("/api/users/%00")),
        ("a user: inside", users("/api/users/a%00b")),
        ("a page: name", users("/api/users?username=a%00b")),
        ("a page: only NUL", users("/api/users?username=%00")),
        ("a page: cursor", users("/api/users?cursor=%00")),
        ("a page: number", users("/api/users?page=%00")),
    ]
}

async fn refused(name: &str, call: RequestBuilder) {
    let answer = Answer::of(call).await;
    // A name with a NUL may also count as unknown, and its page as empty.
    let is_empty_page = answer.status == 200 && answer.body["users"] == json!([]);
    let is_refused = (400..500).contains(&answer.status);
    // The feed answers an unknown cursor with the full set.
    let is_full_feed = name == "feed" && answer.body["reset"] == true;
    assert!(
        is_refused || is_empty_page || is_full_feed,
        "{name}: {} {}",
        answer.status,
        answer.text
    );
}

/// The processes of the server that serve the pair: one a connection. None for a file.
fn server_sessions(pair: &TestPair) -> Vec<String> {
    let Some((server, name)) = pair.database_url.rsplit_once('/') else { return Vec::new() };
    if !server.starts_with("postgres") {
        return Vec::new();
    }
    // Asked from another database, so that this query is not among the sessions.
    let ask = format!("SELECT pid FROM pg_stat_activity WHERE datname = '{name}'");
    let pids = execute(&format!("{server}/postgres"), &ask);
    pids.lines().map(str::to_owned).collect()
}

#[on_both]
async fn text_that_is_not_unicode_is_refused(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    for text in [r"\ud800", r"\udc00\ud800", r"a\ud83d"] {
        for body in [
            format!(r#"{{"username":"{text}","email":"b@example.com","password":"{PASSWORD}"}}"#),
            format!(r#"{{"username":"bob","email":"{text}@b.c","password":"{PASSWORD}"}}"#),
            format!(r#"{{"username":"bob","email":"b@example.com","password":"{text}"}}"#),
        ] {
            let call = pair.auth_call("POST", "/api/auth/register");
            let call = call.header("content-type", "application/json");
            Answer::of(call.body(body)).await.expect(400, "invalid_request");
        }
    }
    for path in ["/api/users?username=%ff", "/api/users?username=%c0%80", "/api/users?cursor=%ff"] {
        pair.get_users(path, &session.access).await.expect(400, "invalid_request");
    }
    for path in ["/api/users/%ff", "/api/users/%c0%80", "/api/users/%ed%a0%80"] {
        let answer = pair.get_users(path, &session.access).await;
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.text);
    }
    for path in ["/api/auth/sessions/%ff", "/api/auth/sessions/%c0%80"] {
        let call = pair.auth_call("DELETE", path).bearer_auth(&session.access);
        let answer = Answer::of(call).await;
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.text);
    }
}

#[on_both]
async fn bytes_that_are_not_ascii_in_headers_do_not_fail_a_login(pair: TestPair) {
    pair.register("ana").await;
    let body = json!({ "username": "ana", "password": PASSWORD });
    for bytes in [&b"\xff\xfe"[..], b"\xc0\x80", b"\xed\xa0\x80", "né \u{1f600}".as_bytes()] {
        for header in ["user-agent", "x-forwarded-for", "x-request-id", "accept-language"] {
            let call = pair.auth_call("POST", "/api/auth/login").json(&body);
            let value = reqwest::header::HeaderValue::from_bytes(bytes).unwrap();
            Answer::of(call.header(header, value)).await.ok(200);
        }
    }
}
