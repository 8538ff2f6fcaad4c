//! One HTTP server with its life.

use std::{io, net::SocketAddr, net::TcpListener, time::Duration};

use actix_server::Server;
use actix_web::{
    App,
    dev::ServerHandle,
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use tokio::{sync::oneshot, task::JoinHandle};

use super::{
    Drain, KeepAlive, connections,
    last_call::{HANDSHAKES, last_call, take_no_handshake},
};
use crate::{
    http::{not_found, request_middleware},
    metrics::{self, Metrics},
};

/// How long a connection's first head may take to arrive (RFC 9110 §15.5.9 answers 408).
pub(super) const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long in-flight requests have when the server stops, in seconds.
const STOP_SECONDS: u64 = 20;

/// How long an accepted connection may take to reach its worker.
const HAND_OVER: Duration = Duration::from_millis(250);

/// What a server needs beside its routes.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// How long calls are still taken after the stop was asked for, so that load balancers notice.
    pub drain_delay: Duration,
    /// How long a kept connection may be idle.
    pub keep_alive: KeepAlive,
    /// Worker threads.
    pub workers: usize,
    /// What is counted.
    pub metrics: Metrics,
    /// Where that is shown; `None` for nowhere.
    pub metrics_listen: Option<SocketAddr>,
}

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    drain: Drain,
    drain_delay: Duration,
    handle: ServerHandle,
    spare: TcpListener,
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
    options: &ServerOptions,
    routes: F,
) -> io::Result<Running>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    // Each connection takes a second descriptor for its watchdog.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let address = listener.local_addr()?;
    let spare = listener.try_clone()?;
    let shared = (drain.clone(), web::Data::new(drain.clone()), options.metrics.clone());
    let metrics =
        options.metrics_listen.map(|at| metrics::serve(at, &options.metrics)).transpose()?;
    let app = move || {
        App::new()
            .app_data(shared.0.clone())
            .app_data(shared.1.clone())
            .app_data(shared.2.clone())
            .configure(routes.clone())
            .default_service(web::to(not_found))
            .wrap(from_fn(request_middleware))
    };
    let builder = Server::build()
        .workers(options.workers)
        .shutdown_timeout(STOP_SECONDS)
        // actix would stop accepting at once on SIGTERM; ours first says that it is not ready.
        .disable_signals();
    let server = connections::listen(builder, listener, options.keep_alive, app)?.run();
    let handle = server.handle();
    let task = tokio::spawn(server);
    Ok(Running { address, drain, drain_delay: options.drain_delay, handle, spare, metrics, task })
}

impl Running {
    /// Stops: not ready, a moment in which calls are still taken, held calls answered, in-flight ones ended. A call
    /// that was sent is served; a later caller is refused before it sends anything.
    pub async fn stop(self) {
        self.drain.begin();
        tokio::time::sleep(self.drain_delay).await;
        self.drain.release();
        take_no_handshake(&self.spare);
        tokio::time::sleep(HANDSHAKES).await;
        self.handle.pause().await;
        let (end, ended) = oneshot::channel();
        let turned_away = tokio::spawn(last_call(self.spare, ended));
        // What was accepted reaches its worker.
        tokio::time::sleep(HAND_OVER).await;
        self.handle.stop(true).await;
        let _ = end.send(());
        let _ = turned_away.await;
        if let Some(metrics) = self.metrics {
            metrics.stop(false).await;
        }
        let _ = self.task.await;
    }
}

#[cfg(test)]
mod tests;
