//! Closes connections on which nothing is being answered and nothing whole arrives.
//!
//! actix-web bounds the first head of a connection, and not the later ones; nor does it bound a client that
//! does not read its answer. Both look the same from here: a connection without a request at work.

use std::{
    net::{Shutdown, TcpStream},
    os::fd::AsFd,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_web::{dev::Extensions, rt};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

/// How long a connection may stand without a request at work. Idle connections that are kept alive end
/// earlier, by the keep-alive time.
const IDLE_LIMIT: Duration = Duration::from_secs(12);

/// How often a connection is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// What is known of one connection.
#[derive(Debug, Default)]
pub struct Connection {
    at_work: AtomicU64,
    /// How many requests have begun or ended: tells standing still from being busy.
    changes: AtomicU64,
    gone: Notify,
}

impl Connection {
    /// Waits until the client has hung up: who holds an answer back for it need not. (actix-web itself goes on
    /// with a request whose client is gone.)
    pub async fn gone(&self) {
        self.gone.notified().await;
    }

    /// A request begins; it ends when the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> AtWork {
        self.at_work.fetch_add(1, Ordering::Relaxed);
        self.changes.fetch_add(1, Ordering::Relaxed);
        AtWork(Arc::clone(self))
    }
}

/// A request at work on its connection.
pub(super) struct AtWork(Arc<Connection>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
        self.0.changes.fetch_add(1, Ordering::Relaxed);
    }
}

/// Looks without taking. What is sent meanwhile is the next request, and no end.
fn has_hung_up(stream: &TcpStream) -> bool {
    matches!(stream.peek(&mut [0]), Ok(0))
}

/// For `HttpServer::on_connect`: puts a watch on the connection.
pub fn watch_connection(stream: &dyn std::any::Any, extensions: &mut Extensions) {
    let Some(stream) = stream.downcast_ref::<rt::net::TcpStream>() else { return };
    let Ok(handle) = stream.as_fd().try_clone_to_owned() else { return };
    let connection = Arc::new(Connection::default());
    extensions.insert(Arc::clone(&connection));
    let connection = Arc::downgrade(&connection);
    let handle = TcpStream::from(handle);
    rt::spawn(async move {
        let mut seen = (u64::MAX, Instant::now());
        loop {
            sleep(LOOK_EVERY).await;
            // The connection's own end drops its extensions.
            let Some(connection) = connection.upgrade() else { return };
            if has_hung_up(&handle) {
                connection.gone.notify_waiters();
            }
            let changes = connection.changes.load(Ordering::Relaxed);
            if changes != seen.0 || connection.at_work.load(Ordering::Relaxed) > 0 {
                seen = (changes, Instant::now());
            } else if seen.1.elapsed() + LOOK_EVERY > IDLE_LIMIT {
                let _ = handle.shutdown(Shutdown::Both);
                return;
            }
        }
    });
}
