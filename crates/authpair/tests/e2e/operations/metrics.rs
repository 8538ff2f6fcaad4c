//! The metrics of both services.

use std::time::Duration;

use authpair_testkit::{Answer, Backend, PASSWORD, TestPair, eventually, free_port};
use serde_json::json;

use crate::{
    on_both,
    support::{
        command_line::done,
        metrics::{read, value},
    },
};

/// The metrics listeners of a pair.
struct Metrics {
    auth: String,
    users: String,
}

impl Metrics {
    async fn pair(backend: Backend) -> Option<(TestPair, Self)> {
        let (auth, users) =
            (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
        let settings =
            [("AUTH_METRICS_LISTEN", auth.as_str()), ("USERS_METRICS_LISTEN", users.as_str())];
        let pair = TestPair::start_with(backend, &settings).await?;
        let url = |address: String| format!("http://{address}/metrics");
        Some((pair, Self { auth: url(auth), users: url(users) }))
    }

    /// The value of one series at auth-service.
    async fn auth(&self, pair: &TestPair, series: &str) -> f64 {
        value(&read(pair, &self.auth).await, series)
    }
}

#[on_both]
async fn logins_and_refreshes_are_counted_by_result(backend: Backend) {
    let (pair, metrics) = Metrics::pair(backend).await.unwrap();
    let count = async |series: &str| metrics.auth(&pair, series).await;
    // Each series exists before its first event: `rate()` does not see the first one otherwise.
    assert_eq!(count("authpair_refreshes_total{result=\"reused\"}").await, 0.0);
    let (_, session) = pair.new_user("ana").await;
    let wrong = json!({ "username": "ana", "password": "not that one" });
    pair.post("/api/auth/login", &wrong).await.expect(401, "invalid_credentials");
    let nobody = json!({ "username": "nobody", "password": "not that one" });
    pair.post("/api/auth/login", &nobody).await.expect(401, "invalid_credentials");
    assert_eq!(count("authpair_logins_total{result=\"success\"}").await, 1.0);
    assert_eq!(count("authpair_logins_total{result=\"invalid_credentials\"}").await, 2.0);
    pair.send("POST", "/api/auth/reauthenticate", &session.access, &json!({ "password": "wrong" }))
        .await
        .expect(401, "invalid_credentials");
    assert_eq!(
        count("authpair_reauthentications_total{result=\"invalid_credentials\"}").await,
        1.0
    );
    assert_eq!(count("authpair_password_hashes_total{result=\"done\"}").await, 5.0);
    assert_eq!(count("authpair_password_hash_duration_seconds_count").await, 5.0);

    let invited = json!({
        "username": "bob", "email": "bob@example.com", "password": PASSWORD, "invite_token": "A".repeat(43),
    });
    pair.post("/api/auth/register", &invited).await.expect(400, "link_invalid");
    assert_eq!(count("authpair_registrations_total{result=\"registered\"}").await, 1.0);
    assert_eq!(count("authpair_registrations_total{result=\"refused\"}").await, 1.0);

    pair.refresh(&session.refresh).await.ok(200);
    pair.refresh(&session.refresh).await.ok(200);
    pair.clock.advance(Duration::from_secs(60));
    // A repeat after the grace period is not reuse while the successor is unused.
    pair.refresh(&session.refresh).await.ok(200);
    assert_eq!(count("authpair_refreshes_total{result=\"reused\"}").await, 0.0);
    pair.clock.advance(Duration::from_secs(60));
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    pair.refresh("no token").await.expect(401, "invalid_token");
    for (result, times) in [
        ("rotated", 1.0),
        ("replayed", 1.0),
        ("replaced", 1.0),
        ("foreign_replay", 0.0),
        ("too_many_replays", 0.0),
        ("reused", 1.0),
        ("refused", 2.0),
        ("unavailable", 0.0),
    ] {
        let series = format!("authpair_refreshes_total{{result=\"{result}\"}}");
        assert_eq!(count(&series).await, times, "{series}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_login_of_a_disabled_user_is_counted_apart_and_answered_like_a_wrong_password() {
    let (pair, metrics) = Metrics::pair(Backend::Sqlite).await.unwrap();
    pair.register("ana").await;
    done(&pair, &["disable", "ana"]);
    let login = json!({ "username": "ana", "password": PASSWORD });
    pair.post("/api/auth/login", &login).await.expect(401, "invalid_credentials");
    assert_eq!(metrics.auth(&pair, "authpair_logins_total{result=\"disabled\"}").await, 1.0);
    assert_eq!(
        metrics.auth(&pair, "authpair_logins_total{result=\"invalid_credentials\"}").await,
        0.0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metrics_show_process_build_pool_keys_and_feed_and_no_user_name() {
    let (pair, metrics) = Metrics::pair(Backend::Sqlite).await.unwrap();
    pair.new_user("ana").await;
    eventually("users-api does not poll", async || {
        metrics.auth(&pair, "authpair_revocation_polls_held").await >= 1.0
    })
    .await;
    let auth = read(&pair, &metrics.auth).await;
    assert_eq!(value(&auth, "authpair_signing_key_usable"), 1.0);
    assert_eq!(value(&auth, "authpair_hash_threads"), 1.0);
    assert!(auth.contains("authpair_build_info{service=\"auth-service\",version=\""), "{auth}");
    let users = read(&pair, &metrics.users).await;
    assert_eq!(value(&users, "authpair_revocation_feed_connected"), 1.0);
    assert_eq!(value(&users, "authpair_jwks_keys"), 1.0);
    for text in [&auth, &users] {
        assert!(value(text, "process_resident_memory_bytes") > 1e6);
        assert!(value(text, "process_start_time_seconds") > 1.7e9);
        assert_eq!(value(text, "authpair_database_unavailable_total"), 0.0);
        assert_eq!(value(text, "authpair_database_callers_waiting"), 0.0);
        assert!(value(text, "authpair_database_connections_max") >= 1.0);
        assert!(!text.contains("ana"), "a user's name in {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scraper_gets_the_text_format_that_it_asks_for() {
    let (pair, metrics) = Metrics::pair(Backend::Sqlite).await.unwrap();
    pair.new_user("ana").await;
    for (accept, media_type, counter) in [
        ("", "text/plain; version=0.0.4", "# TYPE authpair_logins_total counter\n"),
        (
            "text/html,*/*;q=0.8",
            "text/plain; version=0.0.4",
            "# TYPE authpair_logins_total counter\n",
        ),
        (
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2",
            "application/openmetrics-text; version=1.0.0",
            "# TYPE authpair_logins counter\n",
        ),
    ] {
        let answer =
            Answer::of(pair.http.get(&metrics.auth).header("accept", accept)).await.ok(200);
        assert!(answer.header("content-type").starts_with(media_type), "{:?}", answer.headers);
        assert!(answer.text.contains(counter), "{}", answer.text);
        assert_eq!(answer.text.ends_with("# EOF\n"), media_type.starts_with("application/"));
        assert_eq!(value(&answer.text, "authpair_logins_total{result=\"success\"}"), 1.0);
    }
}
