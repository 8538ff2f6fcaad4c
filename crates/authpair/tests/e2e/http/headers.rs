//! Headers and bodies as front ends, proxies and browsers send them, and what the answers tell browsers.

use authpair_testkit::{Answer, Backend, Fleet, FleetPlan, PASSWORD, TestPair};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::on_both;

/// Front ends set these themselves, or their libraries do.
const USUAL: &str = "accept,accept-language,authorization,baggage,cache-control,content-type,idempotency-key,\
     if-none-match,sentry-trace,traceparent,tracestate,x-csrf-token,x-request-id,x-requested-with";

#[on_both]
async fn an_empty_body_is_taken_whatever_type_it_names(pair: TestPair) {
    let (_, mut session) = pair.newcomer("ana").await;
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
    let (_, session) = pair.newcomer("ana").await;
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
async fn a_flag_that_is_null_was_left_out(pair: TestPair) {
    pair.register("ana").await;
    let body = json!({ "username": "ana", "password": PASSWORD, "cookie": null });
    let answer = pair.post("/api/auth/login", &body).await.ok(200);
    assert!(answer.body["refresh_token"].is_string() && answer.header("set-cookie").is_empty());
}

#[on_both]
async fn every_time_has_the_same_form(pair: TestPair) {
    let (user, session) = pair.newcomer("ana").await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_host_is_400_at_both_services() {
    let pair = TestPair::start(Backend::Sqlite).await.unwrap();
    for url in [&pair.auth, &pair.users] {
        for (version, hosts, status) in [
            ("1.1", "Host: example.com:8080\r\n", 200),
            ("1.1", "Host: [::1]:8080\r\n", 200),
            ("1.0", "", 200),
            ("1.1", "", 400),
            ("1.1", "Host:\r\n", 400),
            ("1.1", "Host: a b\r\n", 400),
            ("1.1", "Host: a/b\r\n", 400),
            ("1.1", "Host: user@a\r\n", 400),
            ("1.1", "Host: a:port\r\n", 400),
            ("1.1", "Host: <script>\r\n", 400),
            ("1.1", "Host: a\r\nHost: a\r\n", 400),
            ("1.1", "Host: a\r\nHost: b\r\n", 400),
        ] {
            let request =
                format!("GET /healthz HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n");
            let answer = raw(url, &request).await;
            assert!(answer.starts_with(&format!("HTTP/{version} {status}")), "{hosts:?}: {answer}");
            // What is missing or repeated the parser refuses, before there is a request.
            let bare = hosts.matches("Host").count() != 1;
            let told = answer.contains("\"error\":\"invalid_request\"");
            assert!(status == 200 || bare || told, "{hosts:?}: {answer}");
        }
    }
}

async fn raw(url: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn preflights_of_web_pages_and_apps_pass_with_their_usual_headers() {
    let origins =
        "https://app.example.com,capacitor://localhost,ionic://localhost,tauri://localhost";
    let settings = [("AUTH_CORS_ORIGINS", origins), ("USERS_CORS_ORIGINS", origins)];
    let pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
    let preflights = |origin: &'static str, asked: &'static str| {
        let ask = move |call: RequestBuilder| {
            call.header("origin", origin)
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", asked)
        };
        [
            ask(pair.auth_call("OPTIONS", "/api/auth/login")),
            ask(pair.users_call("OPTIONS", "/api/users")),
        ]
    };
    for origin in origins.split(',') {
        for call in preflights(origin, USUAL) {
            let answer = Answer::of(call).await.ok(200);
            assert_eq!(answer.header("access-control-allow-origin"), origin);
            let allowed = answer.header("access-control-allow-headers").to_lowercase();
            for name in USUAL.split(',') {
                assert!(allowed.split(',').any(|one| one.trim() == name), "{name} in {allowed}");
            }
        }
    }
    for asked in ["authorization,,content-type", ",authorization", "authorization, ", "", " , "] {
        for call in preflights("https://app.example.com", asked) {
            Answer::of(call).await.ok(200);
        }
    }
    for call in preflights("https://app.example.com", "authorization,x-forwarded-for") {
        Answer::of(call).await.expect(400, "invalid_request");
    }
    for call in preflights("capacitor://elsewhere", "authorization") {
        let answer = Answer::of(call).await.expect(400, "invalid_request");
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_and_the_page_tell_browsers_what_not_to_do() {
    let mut pair = TestPair::start(Backend::Sqlite).await.unwrap();
    let calls = |pair: &TestPair| {
        [
            pair.auth_call("GET", "/api/auth/me"),
            pair.auth_call("GET", "/.well-known/jwks.json"),
            pair.auth_call("GET", "/nope"),
            pair.auth_call("GET", "/docs/"),
            pair.users_call("GET", "/api/whoami"),
            pair.users_call("GET", "/docs/index.css"),
            pair.users_call("POST", "/healthz"),
        ]
    };
    for call in calls(&pair) {
        let answer = Answer::of(call).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
        let is_page = answer.header("content-type").starts_with("text/");
        assert_eq!(policy.contains("script-src 'self'"), is_page, "{policy}");
        assert_eq!(answer.header("strict-transport-security"), "");
    }
    pair.halt().await;
    pair.set("AUTH_ISSUER", "https://auth.example.com");
    pair.set("USERS_ISSUER", "https://auth.example.com");
    pair.resume().await;
    for call in calls(&pair) {
        let answer = Answer::of(call).await;
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forwarded_address_is_read_in_every_form_from_a_proxy_of_a_mapped_range() {
    let trusted = [("AUTH_TRUSTED_PROXIES", "::ffff:127.0.0.0/104")];
    let pair = TestPair::start_with(Backend::Sqlite, &trusted).await.unwrap();
    pair.register("ana").await;
    for (forwarded, seen) in [
        ("198.51.100.7:4711", "198.51.100.7"),
        ("6.6.6.6, [2001:db8::7]:443,", "2001:db8::7"),
        ("[::ffff:198.51.100.8]", "198.51.100.8"),
    ] {
        let body = json!({ "username": "ana", "password": PASSWORD });
        let login = pair.auth_call("POST", "/api/auth/login").header("x-forwarded-for", forwarded);
        let access = Answer::of(login.json(&body)).await.ok(200).string("access_token");
        let call = pair.auth_call("GET", "/api/auth/sessions").bearer_auth(&access);
        let sessions = Answer::of(call).await.ok(200).body;
        let all = sessions["sessions"].as_array().unwrap();
        let current = all.iter().find(|session| session["current"] == true).unwrap();
        assert_eq!(current["ip"], seen, "{forwarded}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_of_plain_http_elsewhere_is_warned_of_at_the_start() {
    for (issuer, warned) in [("http://auth.example.com", true), ("https://auth.example.com", false)]
    {
        let plan = FleetPlan::pair_on(crate::program(), Backend::Sqlite).await.unwrap();
        let plan = FleetPlan { users: 0, ..plan }.with("AUTH_ISSUER", issuer);
        let plan = plan.with("AUTH_ALLOW_HTTP_ISSUER", "on");
        let fleet = Fleet::start(plan).await;
        let log = std::fs::read_to_string(&fleet.auth[0].log).unwrap();
        assert_eq!(log.contains("the refresh cookie is Secure"), warned, "{issuer}: {log}");
    }
}
