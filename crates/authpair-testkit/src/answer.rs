//! One HTTP answer, read whole.

use reqwest::{RequestBuilder, header::HeaderMap};
use serde_json::Value;

/// The answer to a call.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; `null` when it is empty or no JSON.
    pub body: Value,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// Sends the call and reads its answer.
    pub async fn of(call: RequestBuilder) -> Self {
        Self::try_of(call).await.expect("an answer")
    }

    /// The same for a call that may get no answer.
    ///
    /// # Errors
    /// When there is no response.
    pub async fn try_of(call: RequestBuilder) -> Result<Self, reqwest::Error> {
        let response = call.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Self { status, headers, body, text })
    }

    /// The code of an error body; empty when there is none.
    pub fn code(&self) -> &str {
        self.body["error"].as_str().unwrap_or("")
    }

    /// A header's text; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// A string member of the body.
    pub fn string(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.text)).to_owned()
    }

    /// The same answer, if it has this status and code.
    ///
    /// # Panics
    /// If not; the message shows the answer.
    #[track_caller]
    pub fn expect(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.text);
        if status >= 400 {
            assert!(self.header("content-type").starts_with("application/problem+json"));
            assert_eq!(self.body["status"], status);
        }
        self
    }

    /// The same answer, if it is a success with this status.
    ///
    /// # Panics
    /// If not; the message shows the answer.
    #[track_caller]
    pub fn ok(self, status: u16) -> Self {
        assert!(
            (200..300).contains(&status),
            "{status} is no success: use expect or expect_status"
        );
        self.expect_status(status)
    }

    /// The same answer, if it has this status; its code may be any.
    ///
    /// # Panics
    /// If not; the message shows the answer.
    #[track_caller]
    pub fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The same answer if it has this status, for [`eventually`](super::eventually).
    ///
    /// # Errors
    /// The status and the text that it has instead.
    pub fn with_status(self, status: u16) -> Result<Self, String> {
        if self.status == status { Ok(self) } else { Err(format!("{} {}", self.status, self.text)) }
    }

    /// The same answer if it is an error with this code, for [`eventually`](super::eventually).
    ///
    /// # Errors
    /// The status and the text that it has instead.
    pub fn with_code(self, code: &str) -> Result<Self, String> {
        if self.code() == code { Ok(self) } else { Err(format!("{} {}", self.status, self.text)) }
    }
}
