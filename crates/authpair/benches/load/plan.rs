//! The plan of a run, as `scripts/benchmark` writes it.

use std::net::SocketAddr;

use serde::Deserialize;

/// One run against one server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// The server.
    pub(crate) address: SocketAddr,
    /// Seconds before calls count.
    pub(crate) warm_up: f64,
    /// Seconds in which they count.
    pub(crate) seconds: f64,
    /// Streams that run at the same time.
    pub(crate) streams: Vec<StreamPlan>,
}

/// Clients that do the same.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamPlan {
    /// The name of its results.
    pub(crate) name: String,
    /// How many, each with a connection of its own.
    pub(crate) clients: usize,
    /// Milliseconds from one call of a client to its next; without it, a client calls again at once.
    pub(crate) every_ms: Option<u64>,
    /// Calls that the clients make in turn. With `refresh` these are the logins before the beginning.
    pub(crate) calls: Vec<Call>,
    /// The path at which each client, once signed in, trades its newest refresh token for the next.
    pub(crate) refresh: Option<String>,
}

/// One call. Its answer must be 200.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Of the header `Authorization`.
    pub(crate) token: Option<String>,
    /// JSON.
    pub(crate) body: Option<String>,
}

impl Call {
    /// The call as it goes over the wire.
    pub(crate) fn wire(&self, address: SocketAddr) -> Vec<u8> {
        let Self { method, path, token, body } = self;
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\n");
        if let Some(token) = token {
            text.push_str(&format!("authorization: Bearer {token}\r\n"));
        }
        match body {
            Some(body) => {
                let length = body.len();
                text.push_str(&format!(
                    "content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
                ));
            }
            None if method == "POST" => text.push_str("content-length: 0\r\n\r\n"),
            None => text.push_str("\r\n"),
        }
        text.into_bytes()
    }
}
