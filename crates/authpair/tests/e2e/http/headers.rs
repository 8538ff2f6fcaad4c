//! Headers as proxies and browsers send them, and what the answers tell browsers.

use authpair_testkit::{Answer, Backend, Fleet, FleetPlan, PASSWORD, TestPair};
use serde_json::json;

use crate::support::raw_http::raw;

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
            // The parser refuses a missing or repeated host before there is a request to answer.
            let bare = hosts.matches("Host").count() != 1;
            let is_problem = answer.contains("\"error\":\"invalid_request\"");
            assert!(status == 200 || bare || is_problem, "{hosts:?}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_have_the_security_headers_for_browsers() {
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
async fn an_http_issuer_on_another_host_causes_a_warning_at_the_start() {
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
