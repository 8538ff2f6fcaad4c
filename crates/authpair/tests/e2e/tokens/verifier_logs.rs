//! What the log of a verifier says when it refuses keys or tokens that an operator may expect to work.

use std::{
    io::{Read, Write},
    net::TcpListener,
    path::Path,
};

use authpair_testkit::{Answer, Backend, Process, TestPair, authpair_command, free_port, log_line};

/// Starts another users-api with these settings, beside the pair's, and logs to this file.
async fn start(pair: &TestPair, changed: &[(&str, String)], log: &Path) -> (Process, String) {
    let mut settings = pair.settings_of("USERS_");
    let own = format!("127.0.0.1:{}", free_port());
    settings.retain(|(name, _)| {
        name != "USERS_LISTEN" && changed.iter().all(|(other, _)| name != other)
    });
    settings.push(("USERS_LISTEN".to_owned(), own.clone()));
    settings.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let command =
        authpair_command(crate::program(), &["users-api", "serve"], &settings, pair.folder.path());
    let url = format!("http://{own}");
    (Process::start_logged(command, &url, log).await, url)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_that_differs_by_a_slash_is_logged_once() {
    let pair = TestPair::start(Backend::Sqlite).await.unwrap();
    let (_, session) = pair.new_user("ana").await;
    let log = pair.folder.path().join("slash.log");
    let issuer = [("USERS_ISSUER", format!("{}/", pair.auth))];
    let (process, url) = start(&pair, &issuer, &log).await;
    process.wait_for("/readyz").await;
    for _ in 0..3 {
        let call = pair.http.get(format!("{url}/api/users/me")).bearer_auth(&session.access);
        Answer::of(call).await.expect(401, "invalid_token");
    }
    let slash = "differ only in a trailing slash";
    log_line(&log, |line| line.contains(slash)).await;
    assert_eq!(std::fs::read_to_string(&log).unwrap().matches(slash).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_not_used_is_logged_with_the_reason() {
    let keys =
        r#"{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"short","n":"0vx7","e":"AQAB"}]}"#;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4_096]);
            let length = keys.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
                 connection: close\r\n\r\n{keys}"
            );
        }
    });
    let pair = TestPair::start(Backend::Sqlite).await.unwrap();
    let log = pair.folder.path().join("keys.log");
    let jwks = [("USERS_JWKS_URL", format!("http://{address}/jwks.json"))];
    let (_process, _) = start(&pair, &jwks, &log).await;
    let is_named = |line: &str| line.contains("is not used") && line.contains(r#""kid":"short""#);
    let line = log_line(&log, is_named).await;
    assert!(line.contains(r#""reason":"#), "{line}");
}
