//! The answers of a fake issuer, proper ones and bad ones.

use std::time::Duration;

/// How an endpoint of a [`FakeIssuer`](super::FakeIssuer) answers requests.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The answer of an issuer that works.
    Proper,
    /// This answer, whatever the request.
    Always {
        /// The status code.
        status: u16,
        /// Header fields besides `Content-Length`.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// Another answer, late.
    Slow(Duration, Box<Answer>),
    /// No answer: the connection stays open and silent.
    Hang,
    /// The head of an answer, and never its body.
    Stall,
    /// No answer: the connection is closed.
    Close,
}

impl Answer {
    /// Status 200 with this JSON text.
    #[must_use]
    pub fn json(body: impl Into<String>) -> Self {
        Self::typed("application/json", body)
    }

    /// Status 200 with a body of this media type.
    #[must_use]
    pub fn typed(media_type: &str, body: impl Into<String>) -> Self {
        Self::Always {
            status: 200,
            headers: vec![("Content-Type".to_owned(), media_type.to_owned())],
            body: body.into().into_bytes(),
        }
    }

    /// This status with a small JSON body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Always {
            status,
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: br#"{"error":"chosen_by_test"}"#.to_vec(),
        }
    }

    /// A redirect to this address.
    #[must_use]
    pub fn redirect(to: &str) -> Self {
        Self::Always {
            status: 302,
            headers: vec![("Location".to_owned(), to.to_owned())],
            body: Vec::new(),
        }
    }

    /// The same with another header field.
    #[must_use]
    pub fn with_header(self, name: &str, value: &str) -> Self {
        match self {
            Self::Always { status, mut headers, body } => {
                headers.push((name.to_owned(), value.to_owned()));
                Self::Always { status, headers, body }
            }
            Self::Slow(delay, inner) => Self::Slow(delay, Box::new(inner.with_header(name, value))),
            other => other,
        }
    }

    /// The same, late.
    #[must_use]
    pub fn slow(self, delay: Duration) -> Self {
        Self::Slow(delay, Box::new(self))
    }
}
