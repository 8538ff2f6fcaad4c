//! Connections: slow, malformed and oversized requests, and a stop while a request is held.

use std::time::Duration;

use authpair_testkit::{
    Answer, Backend, Process, TestPair, authpair_command, client, eventually, free_port, within,
};
use serde_json::json;
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, sleep},
};

use crate::{
    on_both,
    support::{
        metrics,
        raw_http::{connect, raw, read_to_end},
    },
};

#[on_both]
async fn every_answer_has_a_request_id_and_a_valid_one_is_kept(pair: TestPair) {
    for (url, kept) in [("/healthz", "abc-123"), ("/nope", "abc-123"), ("/api/auth/me", "x:y/z.1")]
    {
        let answer = Answer::of(pair.auth_call("GET", url).header("x-request-id", kept)).await;
        assert_eq!(answer.header("x-request-id"), kept, "{url}");
        let answer = Answer::of(pair.users_call("GET", url).header("x-request-id", "a b")).await;
        assert_eq!(answer.header("x-request-id").len(), 36, "{url}");
    }
}

async fn one_pair() -> TestPair {
    TestPair::start(Backend::Sqlite).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn smuggled_and_malformed_requests_are_400_and_end_the_connection() {
    let pair = one_pair().await;
    let host = "Host: x\r\nContent-Type: application/json\r\n";
    for (name, request) in [
        (
            "CL+TE",
            format!(
                "POST /api/auth/login HTTP/1.1\r\n{host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n"
            ),
        ),
        (
            "two CL",
            format!(
                "POST /api/auth/login HTTP/1.1\r\n{host}Content-Length: 2\r\nContent-Length: 20\r\n\r\n{{}}GET /healthz HTTP/1.1\r\n\r\n"
            ),
        ),
        (
            "bad chunk",
            format!(
                "POST /api/auth/login HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n"
            ),
        ),
    ] {
        let answer = raw(&pair.auth, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{name}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{name}: {answer}");
    }
    Answer::of(pair.auth_call("GET", "/healthz")).await.ok(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_requests_are_ended_and_an_idle_connection_and_other_clients_are_served() {
    let pair = one_pair().await;
    let call = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut idle = connect(&pair.auth).await;
    idle.write_all(call).await.unwrap();
    let idle_since = Instant::now();
    let body = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        Content-Length: 50\r\n\r\n{";
    let later_head = [&call[..], b"GET /healthz HTTP/1.1\r\nHos"].concat();
    let unsent_body = b"POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx";
    // One after the other they would take a minute.
    let ends = tokio::join!(
        ends_with("408", &pair, b"GET /healthz HTTP/1.1\r\nHost"),
        ends_with("408", &pair, body),
        ends_with("200", &pair, &later_head),
        ends_with("404", &pair, unsent_body),
        async {
            let (_, session) = pair.new_user("ana").await;
            pair.me(&session.access).await.ok(200);
        }
    );
    let ((), (), (), (), ()) = ends;
    // An idle connection is kept for longer than the limit of a slow one.
    sleep(Duration::from_secs(17).saturating_sub(idle_since.elapsed())).await;
    idle.write_all(b"GET /nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let answers = read_to_end(&mut idle, Duration::from_secs(5)).await;
    assert!(answers.starts_with("HTTP/1.1 200") && answers.contains("HTTP/1.1 404"), "{answers}");
}

/// Sends an incomplete request. The service ends the connection, with this status first.
async fn ends_with(status: &str, pair: &TestPair, request: &[u8]) {
    let answer = raw(&pair.auth, request).await;
    let sent = String::from_utf8_lossy(request);
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{sent}: {answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_of_128_kib_is_431_and_ends_the_connection_and_so_does_one_of_a_megabyte() {
    let pair = one_pair().await;
    let request = |length: usize| {
        let start = "GET /healthz HTTP/1.1\r\nHost: x\r\nX: ";
        format!("{start}{}", "x".repeat(length - start.len()))
    };
    for url in [&pair.auth, &pair.users] {
        // Exactly what the service reads, so that no unread bytes reset the connection before its answer is here.
        let answer = raw(url, request(131_072)).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
        let mut stream = connect(url).await;
        // The service ends the connection before all is sent.
        let _ = stream.write_all(request(1_000_000).as_bytes()).await;
        let answer = read_to_end(&mut stream, Duration::from_secs(10)).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
        let other = raw(url, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assert!(other.await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sigterm_readiness_fails_at_once_a_held_poll_is_answered_and_the_exit_code_is_0() {
    let metrics = format!("127.0.0.1:{}", free_port());
    let settings = [("AUTH_DRAIN_DELAY", "5s"), ("AUTH_METRICS_LISTEN", &metrics)];
    let mut pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
    pair.halt().await;
    let program = crate::program();
    let command = authpair_command(
        program,
        &["auth-service", "serve"],
        &pair.settings_of("AUTH_"),
        pair.folder.path(),
    );
    let mut process = Process::start(command, &pair.auth).await;
    let cursor = Answer::of(pair.auth_call("GET", "/.well-known/revoked-sessions"))
        .await
        .ok(200)
        .string("cursor");
    let poll =
        pair.auth_call("GET", &format!("/.well-known/revoked-sessions?after={cursor}&wait=30"));
    let poll = tokio::spawn(Answer::of(poll));
    let metrics = format!("http://{metrics}/metrics");
    eventually("the poll is not held", async || {
        metrics::value(&metrics::read(&pair, &metrics).await, "authpair_revocation_polls_held")
            == 1.0
    })
    .await;
    process.signal("TERM");
    // Less than the drain delay, after which no new connection is accepted.
    within(Duration::from_secs(4), "still ready", async || {
        Answer::of(client().get(format!("{}/readyz", pair.auth))).await.with_status(503)
    })
    .await;
    let body = json!({ "username": "nobody", "password": "x" });
    pair.post("/api/auth/login", &body).await.expect(401, "invalid_credentials");
    poll.await.unwrap().ok(200);
    assert_eq!(process.exit_code().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_settings_stop_the_start_with_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let program = crate::program();
    for (service, name, value) in [
        ("auth-service", "AUTH_NO_SUCH", "1"),
        ("auth-service", "AUTH_CORS_ORIGINS", "*"),
        ("auth-service", "AUTH_KEY_BITS", "512"),
        ("users-api", "USERS_LISTEN", "nowhere"),
        ("users-api", "USERS_NO_SUCH", "1"),
    ] {
        let settings = [(name.to_owned(), value.to_owned())];
        let output = authpair_command(program, &[service, "serve"], &settings, folder.path())
            .output()
            .unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{name}: {message}");
        assert!(message.contains(name), "{name}: {message}");
    }
    let secret = ("AUTH_DATABASE_URL".to_owned(), "postgres://ana:s3cret@db/x".to_owned());
    let output = authpair_command(program, &["auth-service", "config"], &[secret], folder.path())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("AUTH_DATABASE_URL=postgres://ana:********@db/x"), "{printed}");
    assert!(printed.contains("AUTH_ACCESS_TTL=15m") && !printed.contains("s3cret"), "{printed}");
}
