//! Closes connections that are stuck or idle.
//!
//! actix-web limits the time of the first request head on a connection only. A task for each connection closes one that
//! is stuck (a part of a request, the rest of a body, or a response that the client does not read) after 12 s, and one
//! that is idle longer than the keep-alive time.

use std::{
    net::{Shutdown, TcpStream},
    os::fd::AsFd,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_web::{dev::ServiceRequest, http::header, rt};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

/// How long a connection may be stuck without a request in flight.
const STUCK_LIMIT: Duration = Duration::from_secs(12);

/// How often a connection is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(3);

/// The end of a request head.
const END_OF_HEAD: u32 = u32::from_be_bytes(*b"\r\n\r\n");

/// The activity on one connection.
#[derive(Debug, Default)]
pub struct ConnectionState {
    requests_in_flight: AtomicU64,
    /// How many requests have begun or ended, to detect activity.
    changes: AtomicU64,
    /// Bytes that were received.
    bytes_received: AtomicU64,
    /// Of these, the bytes received when the last request ended.
    bytes_at_last_end: AtomicU64,
    /// The last four bytes received.
    tail: AtomicU32,
    /// Whether the last request had a body. Then the tail means nothing.
    had_body: AtomicBool,
    /// Whether the client does not read what is sent.
    write_blocked: AtomicBool,
    client_closed: Notify,
}

impl ConnectionState {
    /// Waits until the client has closed the connection, so that long polls can stop. (actix-web itself continues a
    /// request whose client has left.)
    pub async fn client_closed(&self) {
        self.client_closed.notified().await;
    }

    /// Records received bytes.
    pub(crate) fn received(&self, bytes: &[u8]) {
        self.bytes_received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let before = self.tail.load(Ordering::Relaxed);
        let last = &bytes[bytes.len().saturating_sub(4)..];
        let tail = last.iter().fold(before, |tail, byte| (tail << 8) | u32::from(*byte));
        self.tail.store(tail, Ordering::Relaxed);
    }

    /// Records whether the last write could not send anything.
    pub(crate) fn set_write_blocked(&self, blocked: bool) {
        self.write_blocked.store(blocked, Ordering::Relaxed);
    }

    /// A request begins; it ends when the guard is dropped.
    pub(super) fn begin_request(self: &Arc<Self>, request: &ServiceRequest) -> RequestGuard {
        let length = request.headers().get(header::CONTENT_LENGTH);
        let is_chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
        let has_body = is_chunked || length.is_some_and(|length| length.as_bytes() != b"0");
        self.had_body.store(has_body, Ordering::Relaxed);
        self.requests_in_flight.fetch_add(1, Ordering::Relaxed);
        self.changes.fetch_add(1, Ordering::Relaxed);
        RequestGuard(Arc::clone(self))
    }

    /// Whether something is unfinished on a connection without a request in flight: a part of a head, the rest of a
    /// body, or a response that the client does not read.
    fn is_stuck(&self) -> bool {
        let arrived = self.bytes_received.load(Ordering::Relaxed);
        // A head that begins in the same packet as the end of the last request.
        let has_partial_head = !self.had_body.load(Ordering::Relaxed)
            && self.tail.load(Ordering::Relaxed) != END_OF_HEAD
            && arrived > 0;
        self.write_blocked.load(Ordering::Relaxed)
            || arrived != self.bytes_at_last_end.load(Ordering::Relaxed)
            || has_partial_head
    }
}

/// A request in flight on its connection.
pub(super) struct RequestGuard(Arc<ConnectionState>);

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let arrived = self.0.bytes_received.load(Ordering::Relaxed);
        self.0.bytes_at_last_end.store(arrived, Ordering::Relaxed);
        self.0.requests_in_flight.fetch_sub(1, Ordering::Relaxed);
        self.0.changes.fetch_add(1, Ordering::Relaxed);
    }
}

/// Peeks, so that no data is consumed. No byte means that the client has closed; a byte belongs to the next request.
fn has_closed(stream: &TcpStream) -> bool {
    matches!(stream.peek(&mut [0]), Ok(0))
}

/// The state of a connection, and since when it is unchanged.
struct UnchangedSince {
    changes: u64,
    is_stuck: bool,
    since: Instant,
}

impl UnchangedSince {
    /// Whether it is unchanged for too long.
    fn has_timed_out(&mut self, connection: &ConnectionState, keep_alive: Duration) -> bool {
        let changes = connection.changes.load(Ordering::Relaxed);
        let is_busy = connection.requests_in_flight.load(Ordering::Relaxed) > 0;
        let is_stuck = !is_busy && connection.is_stuck();
        if is_busy || changes != self.changes || is_stuck != self.is_stuck {
            *self = Self { changes, is_stuck, since: Instant::now() };
            return false;
        }
        // An idle connection ends by the server's own timer, a little earlier. This limit is for one that only looks
        // idle.
        let limit = if is_stuck { STUCK_LIMIT } else { keep_alive + STUCK_LIMIT };
        self.since.elapsed() + CHECK_INTERVAL > limit
    }
}

/// Starts the task that watches the connection.
pub(crate) fn watch_connection(
    stream: &rt::net::TcpStream,
    connection: &Arc<ConnectionState>,
    keep_alive: Duration,
) {
    let Ok(handle) = stream.as_fd().try_clone_to_owned() else { return };
    let connection = Arc::downgrade(connection);
    let handle = TcpStream::from(handle);
    rt::spawn(async move {
        let mut unchanged =
            UnchangedSince { changes: u64::MAX, is_stuck: false, since: Instant::now() };
        loop {
            sleep(CHECK_INTERVAL).await;
            // `None`: the connection has ended, which drops its extensions.
            let Some(connection) = connection.upgrade() else { return };
            if has_closed(&handle) {
                connection.client_closed.notify_waiters();
            }
            if unchanged.has_timed_out(&connection, keep_alive) {
                let _ = handle.shutdown(Shutdown::Both);
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    /// A connection that has answered a request which arrived as these parts.
    fn answered(parts: &[&[u8]], length: Option<&str>) -> Arc<ConnectionState> {
        let connection = Arc::new(ConnectionState::default());
        parts.iter().for_each(|part| connection.received(part));
        let mut request = TestRequest::default();
        if let Some(length) = length {
            request = request.insert_header((header::CONTENT_LENGTH, length));
        }
        drop(connection.begin_request(&request.to_srv_request()));
        connection
    }

    #[test]
    fn a_connection_is_idle_when_everything_that_arrived_is_answered() {
        assert!(!answered(&[b"GET / HTTP/1.1\r\n\r\n"], None).is_stuck());
        assert!(!answered(&[b"GET / HTTP/1.1\r", b"\n", b"\r\n"], None).is_stuck());
        assert!(!answered(&[b"POST / HTTP/1.1\r\n\r\n", b"{}"], Some("2")).is_stuck());
        assert!(!answered(&[b"POST / HTTP/1.1\r\n\r\n"], Some("0")).is_stuck());
        assert!(!ConnectionState::default().is_stuck());
    }

    #[test]
    fn a_connection_is_stuck_with_a_part_of_a_head_or_a_response_that_is_not_read() {
        assert!(answered(&[b"GET / HTTP/1.1\r\n\r\nGET /"], None).is_stuck());
        let later = answered(&[b"POST / HTTP/1.1\r\n\r\n{}"], Some("2"));
        later.received(b"G");
        assert!(later.is_stuck());
        let unread = answered(&[b"GET / HTTP/1.1\r\n\r\n"], None);
        unread.set_write_blocked(true);
        assert!(unread.is_stuck());
        unread.set_write_blocked(false);
        assert!(!unread.is_stuck());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stuck_connection_ends_within_15_seconds_and_an_idle_one_after_keep_alive() {
        for (parts, most) in
            [(&b"GET / HTTP/1.1\r\n\r\nGET"[..], 15), (b"GET / HTTP/1.1\r\n\r\n", 92)]
        {
            let connection = answered(&[parts], None);
            let mut unchanged =
                UnchangedSince { changes: u64::MAX, is_stuck: false, since: Instant::now() };
            let begun = Instant::now();
            loop {
                sleep(CHECK_INTERVAL).await;
                if unchanged.has_timed_out(&connection, Duration::from_secs(75)) {
                    break;
                }
            }
            let took = begun.elapsed().as_secs();
            assert!(took <= most && took + 6 >= most, "{took} s of {most}");
        }
    }
}
