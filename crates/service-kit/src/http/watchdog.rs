//! Closes connections on which nothing is being answered and nothing whole arrives.
//!
//! actix-web bounds the first head of a connection, and not the later ones; nor does it bound a client that does not
//! read its answer. Such a connection is stuck and ends soon. An idle one is kept for the keep-alive time.

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

/// How long a connection may be stuck without a request at work.
const STUCK_LIMIT: Duration = Duration::from_secs(12);

/// How often a connection is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// What a head ends with.
const END_OF_HEAD: u32 = u32::from_be_bytes(*b"\r\n\r\n");

/// What is known of one connection.
#[derive(Debug, Default)]
pub struct Connection {
    at_work: AtomicU64,
    /// How many requests have begun or ended: tells standing still from being busy.
    changes: AtomicU64,
    /// Bytes that arrived.
    arrived: AtomicU64,
    /// Of these, the bytes that had arrived when the last request ended.
    arrived_before: AtomicU64,
    /// The last four bytes that arrived.
    tail: AtomicU32,
    /// Whether the last request had a body. Then the tail tells nothing.
    had_body: AtomicBool,
    /// Whether the client does not take what is sent.
    write_waits: AtomicBool,
    gone: Notify,
}

impl Connection {
    /// Waits until the client has hung up: who holds an answer back for it need not. (actix-web itself goes on
    /// with a request whose client is gone.)
    pub async fn gone(&self) {
        self.gone.notified().await;
    }

    /// Bytes have arrived.
    pub(crate) fn received(&self, bytes: &[u8]) {
        self.arrived.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let before = self.tail.load(Ordering::Relaxed);
        let last = &bytes[bytes.len().saturating_sub(4)..];
        let tail = last.iter().fold(before, |tail, byte| (tail << 8) | u32::from(*byte));
        self.tail.store(tail, Ordering::Relaxed);
    }

    /// Whether the last write found no room.
    pub(crate) fn write_waits(&self, waits: bool) {
        self.write_waits.store(waits, Ordering::Relaxed);
    }

    /// A request begins; it ends when the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>, request: &ServiceRequest) -> AtWork {
        let length = request.headers().get(header::CONTENT_LENGTH);
        let is_chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
        let has_body = is_chunked || length.is_some_and(|length| length.as_bytes() != b"0");
        self.had_body.store(has_body, Ordering::Relaxed);
        self.at_work.fetch_add(1, Ordering::Relaxed);
        self.changes.fetch_add(1, Ordering::Relaxed);
        AtWork(Arc::clone(self))
    }

    /// Whether something is unfinished on a connection without a request at work: a part of a head, what is left of
    /// a body, an answer that is not read.
    fn is_stuck(&self) -> bool {
        let arrived = self.arrived.load(Ordering::Relaxed);
        // A head that begins in the same packet as the end of the last request.
        let is_cut = !self.had_body.load(Ordering::Relaxed)
            && self.tail.load(Ordering::Relaxed) != END_OF_HEAD
            && arrived > 0;
        self.write_waits.load(Ordering::Relaxed)
            || arrived != self.arrived_before.load(Ordering::Relaxed)
            || is_cut
    }
}

/// A request at work on its connection.
pub(super) struct AtWork(Arc<Connection>);

impl Drop for AtWork {
    fn drop(&mut self) {
        let arrived = self.0.arrived.load(Ordering::Relaxed);
        self.0.arrived_before.store(arrived, Ordering::Relaxed);
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
        self.0.changes.fetch_add(1, Ordering::Relaxed);
    }
}

/// Looks without taking. What is sent meanwhile is the next request, and no end.
fn has_hung_up(stream: &TcpStream) -> bool {
    matches!(stream.peek(&mut [0]), Ok(0))
}

/// Since when a connection stands as it stands now.
struct Standstill {
    changes: u64,
    is_stuck: bool,
    since: Instant,
}

impl Standstill {
    /// Whether it has been so for too long.
    fn is_over(&mut self, connection: &Connection, keep_alive: Duration) -> bool {
        let changes = connection.changes.load(Ordering::Relaxed);
        let is_busy = connection.at_work.load(Ordering::Relaxed) > 0;
        let is_stuck = !is_busy && connection.is_stuck();
        if is_busy || changes != self.changes || is_stuck != self.is_stuck {
            *self = Self { changes, is_stuck, since: Instant::now() };
            return false;
        }
        // An idle connection ends by the server's own timer, a little earlier. This is for one that only looks idle.
        let limit = if is_stuck { STUCK_LIMIT } else { keep_alive + STUCK_LIMIT };
        self.since.elapsed() + LOOK_EVERY > limit
    }
}

/// Puts a watch on the connection.
pub(crate) fn watch_connection(
    stream: &rt::net::TcpStream,
    connection: &Arc<Connection>,
    keep_alive: Duration,
) {
    let Ok(handle) = stream.as_fd().try_clone_to_owned() else { return };
    let connection = Arc::downgrade(connection);
    let handle = TcpStream::from(handle);
    rt::spawn(async move {
        let mut still = Standstill { changes: u64::MAX, is_stuck: false, since: Instant::now() };
        loop {
            sleep(LOOK_EVERY).await;
            // The connection's own end drops its extensions.
            let Some(connection) = connection.upgrade() else { return };
            if has_hung_up(&handle) {
                connection.gone.notify_waiters();
            }
            if still.is_over(&connection, keep_alive) {
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
    fn answered(parts: &[&[u8]], length: Option<&str>) -> Arc<Connection> {
        let connection = Arc::new(Connection::default());
        parts.iter().for_each(|part| connection.received(part));
        let mut request = TestRequest::default();
        if let Some(length) = length {
            request = request.insert_header((header::CONTENT_LENGTH, length));
        }
        drop(connection.begin(&request.to_srv_request()));
        connection
    }

    #[test]
    fn a_connection_is_idle_when_everything_that_arrived_is_answered() {
        assert!(!answered(&[b"GET / HTTP/1.1\r\n\r\n"], None).is_stuck());
        assert!(!answered(&[b"GET / HTTP/1.1\r", b"\n", b"\r\n"], None).is_stuck());
        assert!(!answered(&[b"POST / HTTP/1.1\r\n\r\n", b"{}"], Some("2")).is_stuck());
        assert!(!answered(&[b"POST / HTTP/1.1\r\n\r\n"], Some("0")).is_stuck());
        assert!(!Connection::default().is_stuck());
    }

    #[test]
    fn a_connection_is_stuck_with_a_part_of_a_head_or_an_answer_that_is_not_taken() {
        assert!(answered(&[b"GET / HTTP/1.1\r\n\r\nGET /"], None).is_stuck());
        let later = answered(&[b"POST / HTTP/1.1\r\n\r\n{}"], Some("2"));
        later.received(b"G");
        assert!(later.is_stuck());
        let unread = answered(&[b"GET / HTTP/1.1\r\n\r\n"], None);
        unread.write_waits(true);
        assert!(unread.is_stuck());
        unread.write_waits(false);
        assert!(!unread.is_stuck());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_stuck_ends_within_15_seconds_and_what_is_idle_after_the_keep_alive_time() {
        for (parts, most) in
            [(&b"GET / HTTP/1.1\r\n\r\nGET"[..], 15), (b"GET / HTTP/1.1\r\n\r\n", 92)]
        {
            let connection = answered(&[parts], None);
            let mut still =
                Standstill { changes: u64::MAX, is_stuck: false, since: Instant::now() };
            let begun = Instant::now();
            loop {
                sleep(LOOK_EVERY).await;
                if still.is_over(&connection, Duration::from_secs(75)) {
                    break;
                }
            }
            let took = begun.elapsed().as_secs();
            assert!(took <= most && took + 6 >= most, "{took} s of {most}");
        }
    }
}
