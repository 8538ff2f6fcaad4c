//! The error body of both services: problem details (RFC 9457).

use std::collections::BTreeMap;

use serde::Serialize;

/// The media type of an error body (RFC 9457 §3).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Problem details: the members of RFC 9457 §3.1 in their order, then our own.
#[derive(Debug, Serialize)]
pub struct ProblemBody<'a> {
    #[serde(rename = "type")]
    type_: &'static str,
    /// The reason phrase of the status.
    pub title: &'a str,
    /// The HTTP status code.
    pub status: u16,
    /// A sentence for people; it holds no internals.
    pub detail: &'a str,
    /// The stable code that clients switch on.
    pub error: &'a str,
    /// Validation errors, by the name of the request's field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<&'a BTreeMap<String, Vec<String>>>,
    /// In a 429: the value of `Retry-After`, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl<'a> ProblemBody<'a> {
    /// A body without `fields` and `retry_after`.
    #[must_use]
    pub fn new(title: &'a str, status: u16, detail: &'a str, error: &'a str) -> Self {
        Self { type_: "about:blank", title, status, detail, error, fields: None, retry_after: None }
    }

    /// The body as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // These types always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
}
