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
    /// The status in words.
    pub title: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// A sentence for people.
    pub detail: &'a str,
    /// The stable code that clients switch on.
    pub error: &'a str,
    /// What is wrong, by field of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<&'a BTreeMap<String, Vec<String>>>,
    /// In a 429: the seconds of `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl<'a> ProblemBody<'a> {
    /// A body without members for fields or waiting.
    #[must_use]
    pub fn new(title: &'a str, status: u16, detail: &'a str, error: &'a str) -> Self {
        Self { type_: "about:blank", title, status, detail, error, fields: None, retry_after: None }
    }

    /// The body as text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // These types always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
}
