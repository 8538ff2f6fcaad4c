//! Error responses: RFC 9457 `application/problem+json` with a stable `error` code.

use std::{borrow::Cow, collections::BTreeMap, error::Error, fmt};

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
pub use claims::PROBLEM_JSON;
use claims::ProblemBody;

type Cause = Box<dyn Error + Send + Sync>;

/// An error response, and its cause, which only the log gets.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    fields: BTreeMap<String, Vec<String>>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Cause>,
}

impl Problem {
    /// An error with its status, its stable code and a sentence for people.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            fields: BTreeMap::new(),
            headers: Vec::new(),
            cause: None,
        }
    }

    /// 400 `invalid_request`: the request as a whole cannot be understood.
    pub fn invalid_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", detail)
    }

    /// 400 `invalid_request` with what is wrong, by field.
    pub fn invalid_fields(fields: BTreeMap<String, Vec<String>>) -> Self {
        Self { fields, ..Self::invalid_request("Some fields are missing or wrong") }
    }

    /// 404 `not_found`: there is nothing at this path.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this path")
    }

    /// 405 `method_not_allowed`, with the `Allow` header (RFC 9110 §15.5.6).
    pub fn method_not_allowed(allow: HeaderValue) -> Self {
        let detail = "This path does not take that method; see Allow";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
            .with_header(header::ALLOW, allow)
    }

    /// 429 `rate_limited`; `retry_after` in seconds, in the header and in the body.
    pub fn rate_limited(retry_after: u64) -> Self {
        let detail = "Too many attempts; try again later";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail)
            .with_retry_after(retry_after)
    }

    /// 503 `overloaded`: a queue is full; `retry_after` in seconds.
    pub fn overloaded(retry_after: u64) -> Self {
        let detail = "The service is busy; try again shortly";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail)
            .with_retry_after(retry_after)
    }

    /// 503 `unavailable`: a dependency does not answer. The cause goes to the log only.
    pub fn unavailable(cause: impl Into<Cause>) -> Self {
        let detail = "Something this service needs is unavailable; try again shortly";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
            .with_retry_after(1)
            .with_cause(cause)
    }

    /// 500 `internal`: a bug in this service. The cause goes to the log only.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong here")
            .with_cause(cause)
    }

    /// The problem for a bare status, such as those of actix-web's own errors.
    pub fn from_status(status: StatusCode) -> Self {
        let (code, detail) = match status.as_u16() {
            401 => ("authorization_header", "Authentication is needed"),
            404 => ("not_found", "There is nothing at this path"),
            405 => ("method_not_allowed", "This path does not take that method"),
            408 => ("request_timeout", "The request took too long to arrive"),
            413 => ("payload_too_large", "The body is too large"),
            415 => ("unsupported_media_type", "The body must be application/json"),
            503 => ("unavailable", "The service cannot answer now; try again shortly"),
            500..=599 => ("internal", "Something went wrong here"),
            _ => ("invalid_request", "The request cannot be understood"),
        };
        Self::new(status, code, detail)
    }

    /// Adds a response header.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds `Retry-After`, in seconds.
    pub fn with_retry_after(self, seconds: u64) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Adds the cause, which goes to the log and never to the client.
    pub fn with_cause(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds one reason why a field is invalid.
    pub fn with_field(mut self, field: &str, reason: impl Into<String>) -> Self {
        self.fields.entry(field.to_owned()).or_default().push(reason.into());
        self
    }

    /// The stable code: the `error` member.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The cause with its own causes, for the log.
    pub fn cause(&self) -> Option<String> {
        let mut cause: &dyn Error = self.cause.as_deref()?;
        let mut text = cause.to_string();
        while let Some(next) = cause.source() {
            text.push_str(": ");
            text.push_str(&next.to_string());
            cause = next;
        }
        Some(text)
    }

    /// The response; `request_id` goes into the detail of an `internal` problem, so that a user can report it.
    pub fn to_response(&self, request_id: Option<&str>) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in &self.headers {
            response.append_header((name.clone(), value.clone()));
        }
        let detail = match request_id {
            Some(id) if self.code == "internal" => {
                Cow::Owned(format!("{} (request {id})", self.detail))
            }
            _ => Cow::Borrowed(self.detail.as_ref()),
        };
        response.content_type(PROBLEM_JSON).body(self.body_with(&detail))
    }

    /// In a 429: the seconds of `Retry-After`, which the body repeats.
    fn retry_after(&self) -> Option<u64> {
        let mut headers =
            self.headers.iter().filter(|_| self.status == StatusCode::TOO_MANY_REQUESTS);
        let (_, value) = headers.find(|(name, _)| *name == header::RETRY_AFTER)?;
        value.to_str().ok()?.parse().ok()
    }

    fn body_with(&self, detail: &str) -> String {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let mut body = ProblemBody::new(title, self.status.as_u16(), detail, self.code);
        body.fields = Some(&self.fields).filter(|fields| !fields.is_empty());
        body.retry_after = self.retry_after();
        body.to_json()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.code, self.detail)
    }
}

impl Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.to_response(None)
    }
}

#[cfg(test)]
mod tests;
