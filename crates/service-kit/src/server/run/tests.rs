#![cfg(target_os = "linux")]

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr},
};

use actix_web::HttpResponse;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::*;

const CALL: &[u8] =
    b"POST /work HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

fn serve() -> RunningServer {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let settings = HttpSettings {
        listen: listener.local_addr().unwrap(),
        metrics_listen: None,
        cors_origins: Vec::new(),
        workers: 1,
        drain_delay: Duration::from_millis(100),
        keep_alive: Duration::from_secs(75),
    };
    let metrics = Metrics::new("test", "1");
    let work = |_: web::Bytes| async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        HttpResponse::Ok().finish()
    };
    run(listener, Drain::default(), &settings, &metrics, move |config| {
        config.route("/work", web::post().to(work));
    })
    .unwrap()
}

/// Calls on new connections, one after the other, until one is closed without an answer: a proxy would send that call
/// to another replica. Returns how many were answered; an answer that has begun must be whole.
async fn call_until_closed(address: SocketAddr) -> usize {
    for answered in 0.. {
        let Ok(mut stream) = TcpStream::connect(address).await else { return answered };
        let mut answer = String::new();
        let sent = stream.write_all(CALL).await;
        let read = stream.read_to_string(&mut answer).await;
        if answer.is_empty() {
            return answered;
        }
        assert!(sent.is_ok() && read.is_ok(), "after {answered} answers: {answer:?}");
        assert!(answer.starts_with("HTTP/1.1 200 "), "after {answered} answers: {answer:?}");
    }
    unreachable!()
}

#[actix_web::test]
async fn no_answer_is_cut_off_while_the_server_stops() {
    for _ in 0..3 {
        let server = serve();
        let clients: Vec<_> =
            (0..8).map(|_| tokio::spawn(call_until_closed(server.address))).collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.stop().await;
        for client in clients {
            assert!(client.await.unwrap() > 0);
        }
    }
}

#[actix_web::test]
async fn while_a_long_call_is_finished_new_callers_are_refused() {
    let server = serve();
    let address = server.address;
    let mut long = TcpStream::connect(address).await.unwrap();
    let (head, rest) = CALL.split_at(CALL.len() - 1);
    long.write_all(head).await.unwrap();
    let stopping = tokio::spawn(server.stop());
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    assert!(!stopping.is_finished());
    let refused = TcpStream::connect(address).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    long.write_all(rest).await.unwrap();
    let mut answer = String::new();
    long.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}");
    stopping.await.unwrap();
}
