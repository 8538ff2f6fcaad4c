//! Accepts connections. Each counts the bytes that arrive, so that the watchdog can distinguish idle connections from
//! stuck ones.

use std::{
    io::{self, IoSlice},
    net::{SocketAddr, TcpListener},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_http::{HttpService, Protocol, Request, Response, body::MessageBody};
use actix_server::ServerBuilder;
use actix_service::{
    IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config,
};
use actix_web::{Error, dev::AppConfig, rt::net::TcpStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::run::HEAD_TIMEOUT;
use crate::http::{ConnectionState, watch_connection};

/// Adds the listener to a server. This is what `HttpServer::listen` does, with streams that count.
pub(super) fn listen<F, I, S, B>(
    builder: ServerBuilder,
    listener: TcpListener,
    keep_alive: Duration,
    app: F,
) -> io::Result<ServerBuilder>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: std::fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    B: MessageBody + 'static,
{
    let stopping = builder.graceful_shutdown_signal();
    let address = listener.local_addr()?;
    builder.listen("http", listener, move || {
        let stopping = stopping.clone();
        let service = HttpService::<CountingStream, _, _>::build()
            .graceful_shutdown_signal(move || {
                let signal = stopping.clone();
                async move { signal.notified().await }
            })
            .keep_alive(keep_alive)
            .client_request_timeout(HEAD_TIMEOUT)
            .client_disconnect_timeout(Duration::from_secs(1))
            .local_addr(address)
            .on_connect_ext(
                move |stream: &CountingStream, extensions: &mut actix_web::dev::Extensions| {
                    extensions.insert(Arc::clone(&stream.connection));
                    watch_connection(&stream.io, &stream.connection, keep_alive);
                },
            );
        let app = app().into_factory().map_err(|error| error.into().error_response());
        let http = service.finish(map_config(app, |_| AppConfig::default()));
        fn_service(|io: TcpStream| async move {
            // Responses are sent at once: most are one small write.
            let _ = io.set_nodelay(true);
            let peer: Option<SocketAddr> = io.peer_addr().ok();
            Ok((CountingStream { io, connection: Arc::default() }, Protocol::Http1, peer))
        })
        .and_then(http)
    })
}

/// A TCP stream that reports to its [`ConnectionState`] what it receives, and whether the client reads what is sent.
struct CountingStream {
    io: TcpStream,
    connection: Arc<ConnectionState>,
}

impl AsyncRead for CountingStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.io).poll_read(context, buffer));
        self.connection.received(&buffer.filled()[before..]);
        Poll::Ready(read)
    }
}

impl AsyncWrite for CountingStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        self.connection.set_write_blocked(written.is_pending());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, bytes);
        self.connection.set_write_blocked(written.is_pending());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
