//! The part of HTTP/1.1 that a fake issuer needs: one request a connection.

use std::future::pending;
use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Answer;

const MAX_HEAD: usize = 64 * 1024;

/// A request that reached a [`FakeIssuer`](super::FakeIssuer).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedRequest {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Header fields, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl RecordedRequest {
    /// The first header field of this name, in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(n, _)| *n == name)
            .map(|(_, value)| value)
    }
}

/// Reads one request.
pub(super) async fn read_request(stream: &mut TcpStream) -> io::Result<RecordedRequest> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if bytes.len() > MAX_HEAD || stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let mut body = bytes.split_off(end + 4);
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let mut recorded = parse_head(&head);
    let length = recorded.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    recorded.body = String::from_utf8_lossy(&body).into_owned();
    Ok(recorded)
}

fn parse_head(head: &str) -> RecordedRequest {
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let fields = lines.filter_map(|line| line.split_once(':'));
    RecordedRequest {
        method: first.next().unwrap_or_default(),
        target: first.next().unwrap_or_default(),
        headers: fields
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect(),
        body: String::new(),
    }
}

/// Writes an answer. [`Answer::Proper`] must have been replaced before.
pub(super) async fn write_answer(stream: &mut TcpStream, mut answer: Answer) -> io::Result<()> {
    while let Answer::Slow(delay, inner) = answer {
        tokio::time::sleep(delay).await;
        answer = *inner;
    }
    match answer {
        Answer::Hang => pending().await,
        Answer::Stall => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n").await?;
            stream.write_all(b"Content-Length: 100\r\n\r\n{").await?;
            pending().await
        }
        Answer::Always { status, headers, body } => {
            stream.write_all(&render(status, &headers, body)).await?;
            stream.shutdown().await
        }
        Answer::Proper | Answer::Slow(..) | Answer::Close => Ok(()),
    }
}

/// The bytes of an answer. One that names a transfer encoding gets its body in chunks.
fn render(status: u16, headers: &[(String, String)], body: Vec<u8>) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Test\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let chunked = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding"));
    if !chunked && status != 304 {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    let mut bytes = (head + "\r\n").into_bytes();
    if chunked {
        for chunk in body.chunks(4096) {
            bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            bytes.extend(chunk);
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"0\r\n\r\n");
    } else {
        bytes.extend(body);
    }
    bytes
}
