//! Connections that come while the server stops: each gets a whole answer, 503, and not a reset.
//!
//! actix-server drops what waits in the kernel's queue when it closes its listener. A second handle on the
//! same listener keeps the queue alive until everything in it has been answered.

use std::{io, net::TcpListener, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinSet,
    time::timeout,
};

use crate::problem::{PROBLEM_JSON, Problem};

/// How long one such caller has to send its request and to read the answer.
const ONE_CALL: Duration = Duration::from_secs(2);

/// How long handshakes that have begun have to end, once no new ones are taken.
const HANDSHAKES: Duration = Duration::from_millis(20);

/// The most that is read of a request that will not be served.
const MOST_READ: usize = 64 * 1024;

/// Answers whoever connects until `end`, and then those who still wait in the queue.
pub(super) async fn last_call(listener: TcpListener, end: oneshot::Receiver<()>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut calls = JoinSet::new();
    tokio::select! {
        () = accept_all(&listener, &mut calls) => {}
        _ = end => {}
    }
    // Closing resets whoever connects between the last accept and the close: first the kernel takes no more.
    #[cfg(target_os = "linux")]
    take_no_handshake(&listener);
    let _ = timeout(HANDSHAKES, accept_all(&listener, &mut calls)).await;
    drop(listener);
    calls.join_all().await;
    Ok(())
}

/// The kernel drops each further SYN (RFC 9293 §3.1). Its sender tries again after a second, and then finds the next
/// process, or nobody.
#[cfg(target_os = "linux")]
fn take_no_handshake(listener: &tokio::net::TcpListener) {
    use socket2::{SockFilter, SockRef};

    // Classic BPF over the TCP header: byte 13 holds the flags, 2 is SYN, a filter's 0 drops the packet.
    let drop_syn = [
        SockFilter::new(0x30, 0, 0, 13),
        SockFilter::new(0x45, 0, 1, 2),
        SockFilter::new(0x06, 0, 0, 0),
        SockFilter::new(0x06, 0, 0, u32::MAX),
    ];
    if let Err(error) = SockRef::from(listener).attach_filter(&drop_syn) {
        tracing::debug!(%error, "a call that comes at the very end may be reset");
    }
}

async fn accept_all(listener: &tokio::net::TcpListener, calls: &mut JoinSet<()>) {
    while let Ok((stream, _)) = listener.accept().await {
        calls.spawn(async move {
            // Whoever is too slow is cut off: the service is about to end.
            let _ = timeout(ONE_CALL, turn_away(stream)).await;
        });
    }
}

async fn turn_away(mut stream: TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < MOST_READ {
        if stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let body = Problem::unavailable("stopping").body();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: {PROBLEM_JSON}\r\ncontent-length: {}\r\n\
         retry-after: 1\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // A close with unread bytes resets the connection, and the answer may be lost with it.
    let mut rest = vec![0; 4096];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_connects_while_the_server_stops_gets_a_whole_503() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // One is in the queue before anybody accepts.
        let mut early = TcpStream::connect(address).await.unwrap();
        early.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let (end, ended) = oneshot::channel();
        let task = tokio::spawn(last_call(listener, ended));
        let mut answer = String::new();
        early.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 503 ") && answer.contains("\"error\":\"unavailable\""),
            "{answer}"
        );
        drop(early);
        end.send(()).unwrap();
        task.await.unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
