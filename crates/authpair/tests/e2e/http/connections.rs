//! The parts of HTTP that a client can hold or bend.

use std::time::Duration;

use authpair_testkit::{Answer, Backend, Process, TestPair, authpair_command};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::on_both;

#[on_both]
async fn every_answer_has_a_request_id_and_keeps_a_sane_one(pair: TestPair) {
    for (url, kept) in [("/healthz", "abc-123"), ("/nope", "abc-123"), ("/api/auth/me", "x:y/z.1")]
    {
        let answer = Answer::of(pair.auth_call("GET", url).header("x-request-id", kept)).await;
        assert_eq!(answer.header("x-request-id"), kept, "{url}");
        let answer = Answer::of(pair.users_call("GET", url).header("x-request-id", "a b")).await;
        assert_eq!(answer.header("x-request-id").len(), 36, "{url}");
    }
}

/// Sends raw bytes and reads until the connection ends.
async fn raw(url: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    read_to_end(&mut stream, Duration::from_secs(20)).await
}

async fn read_to_end(stream: &mut TcpStream, within: Duration) -> String {
    let mut answer = Vec::new();
    timeout(within, stream.read_to_end(&mut answer)).await.expect("the connection ends").ok();
    String::from_utf8_lossy(&answer).into_owned()
}

async fn one_pair() -> TestPair {
    TestPair::start(Backend::Sqlite).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn smuggled_and_broken_requests_are_400_and_end_the_connection() {
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
async fn what_arrives_too_slowly_is_ended_and_others_are_unharmed() {
    let pair = one_pair().await;
    let address = pair.auth.trim_start_matches("http://").to_owned();
    let parts: [(&str, &[u8], u64); 4] = [
        ("slow first head", b"GET /healthz HTTP/1.1\r\nHost", 10),
        ("stalled body", b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{", 11),
        ("slow later head", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHos", 16),
        ("unread answer to an unsent body", b"POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx", 16),
    ];
    let mut slow = Vec::new();
    for (name, bytes, within) in parts {
        let address = address.clone();
        slow.push(tokio::spawn(async move {
            let started = Instant::now();
            let mut stream = TcpStream::connect(&address).await.unwrap();
            stream.write_all(bytes).await.unwrap();
            let answer = read_to_end(&mut stream, Duration::from_secs(within)).await;
            (name, answer, started.elapsed())
        }));
    }
    let (_, session) = pair.newcomer("ana").await;
    pair.me(&session.access).await.ok(200);
    for slow in slow {
        let (name, answer, took) = slow.await.unwrap();
        let expected = match name {
            "slow later head" => "HTTP/1.1 200",
            "unread answer to an unsent body" => "HTTP/1.1 404",
            _ => "HTTP/1.1 408",
        };
        assert!(answer.starts_with(expected), "{name} after {took:?}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_oversized_header_is_431_or_ends_the_connection() {
    let pair = one_pair().await;
    let request =
        format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(1_000_000));
    let mut stream = TcpStream::connect(pair.users.trim_start_matches("http://")).await.unwrap();
    // The service may close before all is sent.
    let _ = stream.write_all(request.as_bytes()).await;
    let answer = read_to_end(&mut stream, Duration::from_secs(10)).await;
    assert!(
        answer.is_empty()
            || answer.starts_with("HTTP/1.1 431")
            || answer.starts_with("HTTP/1.1 400"),
        "{answer}"
    );
    Answer::of(pair.users_call("GET", "/healthz")).await.ok(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sigterm_it_is_not_ready_at_once_answers_held_polls_and_exits_with_0() {
    let mut pair =
        TestPair::start_with(Backend::Sqlite, &[("AUTH_DRAIN_DELAY", "700ms")]).await.unwrap();
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
    tokio::time::sleep(Duration::from_millis(100)).await;
    process.signal("TERM");
    let started = Instant::now();
    loop {
        let ready =
            Answer::of(authpair_testkit::client().get(format!("{}/readyz", pair.auth))).await;
        if ready.status == 503 {
            break;
        }
        assert!(started.elapsed() < Duration::from_millis(600), "still ready");
    }
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
