//! Reads a request's body, with a limit in size and in time.

use std::{future::Future, time::Duration};

use actix_web::{
    HttpRequest,
    dev::Payload,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use futures_util::StreamExt;
use zeroize::Zeroizing;

use crate::problem::Problem;

/// How long a body may take to arrive. A limit for the whole request would end long polls.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes a body may have; set per route with `app_data`.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

impl BodyLimit {
    /// The limit of a route that sets none.
    pub const DEFAULT: Self = Self(16 * 1024);
}

/// Whether the `Content-Type` header names the expected type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentTypeMatch {
    /// It is the expected type.
    Expected,
    /// It is another type.
    Other,
    /// There is no such header.
    Missing,
}

impl ContentTypeMatch {
    /// Compares with `wanted`; case and parameters such as `charset` do not matter.
    pub(super) fn of(request: &HttpRequest, wanted: &str) -> Self {
        let Some(value) = request.headers().get(header::CONTENT_TYPE) else { return Self::Missing };
        let essence = value.to_str().unwrap_or("").split(';').next().unwrap_or("").trim();
        if essence.eq_ignore_ascii_case(wanted) { Self::Expected } else { Self::Other }
    }
}

/// A whole body. It may hold a password, so its memory is wiped when it is dropped.
pub(super) type Body = Zeroizing<Vec<u8>>;

/// Reads the whole body. Errors: 400, 408, 413, and 415 for a body that is compressed or encoded otherwise.
pub(super) fn read_body(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Body, Problem>> + use<> {
    let limit = request.app_data::<BodyLimit>().copied().unwrap_or(BodyLimit::DEFAULT).0;
    let announced = announced_length(request);
    let encoded = is_encoded(request);
    let payload = payload.take();
    async move {
        if announced.is_some_and(|length| length > limit as u64) {
            return Err(Problem::from_status(StatusCode::PAYLOAD_TOO_LARGE));
        }
        // Reserve the whole capacity now: growing would copy the secret and leave the old copy in memory.
        let capacity = announced.and_then(|length| usize::try_from(length).ok()).unwrap_or(limit);
        let body = tokio::time::timeout(BODY_TIMEOUT, read(payload, limit, capacity))
            .await
            .map_err(|_| Problem::from_status(StatusCode::REQUEST_TIMEOUT))??;
        // A header about content means nothing without content.
        if encoded && !body.is_empty() { Err(encoded_body()) } else { Ok(body) }
    }
}

/// Whether the body has a content coding. Nothing here is decoded: a small body could become a large one.
fn is_encoded(request: &HttpRequest) -> bool {
    let mut lines = request.headers().get_all(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    lines.any(|line| {
        let mut codings = line.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        codings.any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
    })
}

/// 415 with the codings that are accepted (RFC 9110 §15.5.16).
fn encoded_body() -> Problem {
    let detail = "The body must be sent without a Content-Encoding";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
        .with_header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))
}

fn announced_length(request: &HttpRequest) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn read(mut payload: Payload, limit: usize, capacity: usize) -> Result<Body, Problem> {
    let mut body = Zeroizing::new(Vec::with_capacity(capacity));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::invalid_request("The body is incomplete").with_cause(error.to_string())
        })?;
        if body.len() + chunk.len() > limit {
            return Err(Problem::from_status(StatusCode::PAYLOAD_TOO_LARGE));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
