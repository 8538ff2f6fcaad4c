//! The HTTP server: start, run, stop.

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpListener},
    time::Duration,
};

use actix_server::Server;
use actix_web::{
    App,
    dev::ServerHandle,
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use socket2::SockRef;
use tokio::task::JoinHandle;

use super::{Drain, HttpSettings, connections, settings::MAX_DRAIN_DELAY};
use crate::{
    http::{not_found, request_middleware},
    metrics::{Metrics, serve as serve_metrics},
};

/// How long a connection's first head may take to arrive (RFC 9110 §15.5.9 answers 408).
pub(super) const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long requests in flight have when the server stops, in seconds.
const SHUTDOWN_SECONDS: u64 = 15;

/// How long an accepted connection may take to reach its worker.
const ACCEPT_GRACE: Duration = Duration::from_millis(250);

/// The longest that [`RunningServer::stop`] takes.
pub(crate) const LONGEST_STOP: Duration = MAX_DRAIN_DELAY
    .saturating_add(ACCEPT_GRACE)
    .saturating_add(Duration::from_secs(SHUTDOWN_SECONDS));

/// A server that runs.
#[derive(Debug)]
pub struct RunningServer {
    /// Where it listens.
    pub address: SocketAddr,
    drain: Drain,
    drain_delay: Duration,
    handle: ServerHandle,
    /// A second handle on the listening socket, to close it for new connections.
    listener: TcpListener,
    metrics: Option<ServerHandle>,
    task: JoinHandle<io::Result<()>>,
}

/// Starts a server on a bound listener. `routes` is called once a worker.
///
/// # Errors
/// When the listener cannot be used.
pub fn run<F>(
    listener: TcpListener,
    drain: Drain,
    settings: &HttpSettings,
    metrics: &Metrics,
    routes: F,
) -> io::Result<RunningServer>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    // Each connection takes a second descriptor for its watchdog.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let address = listener.local_addr()?;
    let closer = listener.try_clone()?;
    // Twice: middleware reads the plain value, and handlers extract `Data`.
    let (drain_flag, drain_data) = (drain.clone(), web::Data::new(drain.clone()));
    let shared_metrics = metrics.clone();
    let metrics = settings.metrics_listen.map(|at| serve_metrics(at, metrics)).transpose()?;
    let app = move || {
        App::new()
            .app_data(drain_flag.clone())
            .app_data(drain_data.clone())
            .app_data(shared_metrics.clone())
            .configure(routes.clone())
            .default_service(web::to(not_found))
            .wrap(from_fn(request_middleware))
    };
    let builder = Server::build()
        .workers(settings.workers)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        // actix would stop accepting at once on SIGTERM; this server first reports that it is not ready.
        .disable_signals();
    let server = connections::listen(builder, listener, settings.keep_alive, app)?.run();
    let handle = server.handle();
    let task = tokio::spawn(server);
    let drain_delay = settings.drain_delay;
    Ok(RunningServer { address, drain, drain_delay, handle, listener: closer, metrics, task })
}

impl RunningServer {
    /// Stops the server. It says that it is not ready and still takes calls for the drain delay, so that load balancers
    /// can remove it. Then it answers long polls, refuses new connections and finishes the calls in flight.
    pub async fn stop(self) {
        self.drain.begin();
        tokio::time::sleep(self.drain_delay).await;
        self.drain.release();
        self.handle.pause().await;
        // actix keeps the listener open until the last request has ended; close it now for new connections.
        let _ = SockRef::from(&self.listener).shutdown(Shutdown::Both);
        // An accepted connection that has not reached its worker yet would be dropped.
        tokio::time::sleep(ACCEPT_GRACE).await;
        self.handle.stop(true).await;
        if let Some(metrics) = self.metrics {
            metrics.stop(false).await;
        }
        let _ = self.task.await;
    }
}

#[cfg(test)]
mod tests;
