//! A client's connection: the part of HTTP/1.1 that the load generator needs.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A connection that is kept as long as the server keeps it.
pub(crate) struct Connection {
    address: SocketAddr,
    kept: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// Where an answer's parts are.
struct Head {
    status: u16,
    body: usize,
    length: usize,
    closes: bool,
}

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { address, kept: None, buffer: Vec::with_capacity(16 * 1024) }
    }

    /// Sends a request and returns the body of the answer, whose status must be 200.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Result<&[u8], String> {
        let was_kept = self.kept.is_some();
        let head = match self.exchange(request).await {
            // The server may have closed a kept connection before it read this request.
            Err(error) if was_kept && self.buffer.is_empty() => {
                drop(error);
                self.kept = None;
                self.exchange(request).await
            }
            other => other,
        };
        let head = head.map_err(|error| format!("{}: {error}", first_line(request)))?;
        let body = &self.buffer[head.body..head.body + head.length];
        if head.status == 200 {
            return Ok(body);
        }
        let body = String::from_utf8_lossy(body);
        Err(format!("{} was answered with {}: {body}", first_line(request), head.status))
    }

    async fn exchange(&mut self, request: &[u8]) -> io::Result<Head> {
        self.buffer.clear();
        let mut stream = match self.kept.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        stream.write_all(request).await?;
        let head = loop {
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(head) = parse(&self.buffer)? {
                break head;
            }
        };
        while self.buffer.len() < head.body + head.length {
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if !head.closes {
            self.kept = Some(stream);
        }
        Ok(head)
    }
}

/// The head, once all of it is there.
fn parse(bytes: &[u8]) -> io::Result<Option<Head>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let bad = |what: &str| io::Error::other(format!("{what}: {}", first_line(bytes)));
    let text = str::from_utf8(&bytes[..end]).map_err(|_| bad("a head that is no text"))?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status.and_then(|status| status.parse().ok()).ok_or_else(|| bad("no status"))?;
    let (mut length, mut closes) = (None, false);
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok();
        } else if name.eq_ignore_ascii_case("connection") {
            closes = value.trim().eq_ignore_ascii_case("close");
        }
    }
    let length = length.ok_or_else(|| bad("no content-length"))?;
    Ok(Some(Head { status, body: end + 4, length, closes }))
}

fn first_line(message: &[u8]) -> String {
    let line = message.split(|&byte| byte == b'\r').next().unwrap_or_default();
    String::from_utf8_lossy(line).into_owned()
}
