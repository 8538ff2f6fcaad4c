//! Connections that hold a log-in open without sending its body, and clients that hang up.

use std::{net::SocketAddr, time::Duration};

use auth_service::{accounts::hashing::Requester, throttle::Source};
use authpair_testkit::{Answer, PASSWORD, TestPair, client_from, eventually};
use reqwest::Client;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use super::{FLOOD, OTHERS, login, with_few_slots};
use crate::on_both;

/// A connection from this source that has sent the head of a log-in and not its body.
async fn without_body(pair: &TestPair, number: u8) -> TcpStream {
    without_body_at(pair, number, "POST /api/auth/login", "").await
}

/// The same for another route, with further header lines.
async fn without_body_at(pair: &TestPair, number: u8, route: &str, headers: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, number], 0))).unwrap();
    let address = pair.auth.trim_start_matches("http://").parse().unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let head = format!(
        "{route} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 40\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// What a connection answers within this time, if anything.
async fn answered(stream: &mut TcpStream, within: Duration) -> Option<String> {
    let mut bytes = [0; 4_096];
    let read = timeout(within, stream.read(&mut bytes)).await.ok()?.unwrap();
    Some(String::from_utf8_lossy(&bytes[..read]).into_owned())
}

#[on_both]
async fn a_source_with_eight_tries_in_progress_is_refused_before_it_has_sent_a_body(
    pair: TestPair,
) {
    pair.register("ana").await;
    let pair = with_few_slots(pair).await;
    let flood = Requester::Source(Source::of(Some([127, 0, 0, FLOOD].into())));
    let hasher = pair.pair().auth().state().passwords.hasher();
    let under_way: Vec<_> = (0..8).map(|_| hasher.take_permit(flood).unwrap()).collect();

    let mut stream = without_body(&pair, FLOOD).await;
    // Less than the time after which a missing body is answered with 408.
    let refused = answered(&mut stream, Duration::from_secs(8)).await.expect("an answer");
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.contains("\"overloaded\"") && refused.contains("retry-after: 2"), "{refused}");
    login(&client_from(FLOOD), &pair, "ana", PASSWORD).await.expect(503, "overloaded");
    login(&client_from(OTHERS), &pair, "ana", PASSWORD).await.ok(200);

    drop(under_way);
    login(&client_from(FLOOD), &pair, "ana", PASSWORD).await.ok(200);
}

#[on_both]
async fn connections_that_send_no_body_prevent_no_login(pair: TestPair) {
    pair.register("ana").await;
    let pair = with_few_slots(pair).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(without_body(&pair, FLOOD).await);
    }
    login(&client_from(FLOOD), &pair, "ana", PASSWORD).await.ok(200);
    assert_eq!(
        answered(&mut silent[0], Duration::from_millis(100)).await,
        None,
        "its body is still awaited"
    );
}

#[on_both]
async fn silent_connections_with_a_stolen_token_do_not_prevent_a_password_change(pair: TestPair) {
    let (_, stolen) = pair.new_user("ana").await;
    let pair = with_few_slots(pair).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        let head = format!("authorization: Bearer {}\r\n", stolen.access);
        silent.push(without_body_at(&pair, FLOOD, "POST /api/auth/reauthenticate", &head).await);
    }
    let own = login(&client_from(OTHERS), &pair, "ana", PASSWORD).await.ok(200);
    let call = pair.http.put(format!("{}/api/auth/password", pair.auth));
    let call = call.bearer_auth(own.string("access_token"));
    let body = json!({ "current_password": PASSWORD, "new_password": "a new password of ana" });
    Answer::of(call.json(&body)).await.ok(200);
}

#[on_both]
async fn a_client_that_hangs_up_gives_its_place_back_once_its_password_is_hashed(pair: TestPair) {
    pair.register("ana").await;
    let pair = with_few_slots(pair).await;
    let body = r#"{"username":"nobody","password":"wrong"}"#;
    for _ in 0..30 {
        let mut stream = without_body(&pair, FLOOD).await;
        stream.write_all(body.as_bytes()).await.unwrap();
    }
    eventually_logs_in(&client_from(FLOOD), &pair).await;
    eventually("calls are left in the queue of hashes", async || {
        pair.pair().auth().state().passwords.hasher().queue_depth() == 0
    })
    .await;
}

async fn eventually_logs_in(http: &Client, pair: &TestPair) {
    eventually("no place is free", async || {
        login(http, pair, "ana", PASSWORD).await.with_status(200)
    })
    .await;
}
