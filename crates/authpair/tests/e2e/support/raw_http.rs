//! HTTP as bytes, for requests that a client library does not send.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Longer than each limit that a service has for a connection.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// A connection to a service.
pub(crate) async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(url.trim_start_matches("http://")).await.unwrap()
}

/// Sends bytes and reads until the service ends the connection.
pub(crate) async fn raw(url: &str, request: impl AsRef<[u8]>) -> String {
    let mut stream = connect(url).await;
    stream.write_all(request.as_ref()).await.unwrap();
    read_to_end(&mut stream, ENDS_WITHIN).await
}

/// Reads until the service ends the connection, which it does within this time.
pub(crate) async fn read_to_end(stream: &mut TcpStream, limit: Duration) -> String {
    let mut answer = Vec::new();
    timeout(limit, stream.read_to_end(&mut answer)).await.expect("the connection ends").ok();
    String::from_utf8_lossy(&answer).into_owned()
}
