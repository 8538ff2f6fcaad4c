//! The end of a listener: every call that was sent is answered, and every later caller is refused before it sends.
//!
//! A proxy repeats a call at another replica when the connection was refused, a POST too. It repeats none that was
//! sent and then reset or answered 503. So a server that stops must not let a connection come about that it will not
//! serve. On Linux the kernel first drops new handshakes ([`take_no_handshake`]), then the server takes what has
//! arrived, then the listener is shut down and the kernel refuses. Elsewhere the last callers get a whole 503.

use std::{
    io,
    net::{Shutdown, TcpListener},
    time::Duration,
};

use socket2::SockRef;
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

/// How long handshakes that have begun have to end and to be accepted, once no new ones are taken.
pub(super) const HANDSHAKES: Duration = Duration::from_millis(50);

/// The most that is read of a request that will not be served.
const MOST_READ: usize = 64 * 1024;

/// Closes the listener after the server has stopped accepting. `end` is when the server has ended.
///
/// actix-server resets what waits in the kernel's queue when it closes its listener. `listener` is a second handle on
/// the same socket, which keeps the queue until everything in it is answered. After [`take_no_handshake`] the queue is
/// empty but for clients with a slow network.
pub(super) async fn last_call(listener: TcpListener, end: oneshot::Receiver<()>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut calls = JoinSet::new();
    if cfg!(not(target_os = "linux")) {
        tokio::select! {
            () = accept_all(&listener, &mut calls) => {}
            _ = end => {}
        }
    }
    let _ = timeout(HANDSHAKES, accept_all(&listener, &mut calls)).await;
    // The server's own handle is open until its last call has ended: a shutdown refuses new callers at once.
    let _ = SockRef::from(&listener).shutdown(Shutdown::Both);
    drop(listener);
    calls.join_all().await;
    Ok(())
}

/// From now on the kernel drops each SYN (RFC 9293 §3.1). The sender tries again after a second and is then refused.
/// Does nothing where the system is not Linux.
pub(super) fn take_no_handshake(listener: &TcpListener) {
    #[cfg(target_os = "linux")]
    {
        use socket2::SockFilter;

        // Classic BPF over the TCP header: byte 13 holds the flags, 2 is SYN, a filter's 0 drops the packet.
        let drop_syn = [
            SockFilter::new(0x30, 0, 0, 13),
            SockFilter::new(0x45, 0, 1, 2),
            SockFilter::new(0x06, 0, 0, 0),
            SockFilter::new(0x06, 0, 0, u32::MAX),
        ];
        if let Err(error) = SockRef::from(listener).attach_filter(&drop_syn) {
            tracing::debug!(%error, "a call that comes at the very end may be answered 503");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = listener;
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
    async fn a_call_that_no_worker_took_gets_a_whole_503_and_later_ones_are_refused() {
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
