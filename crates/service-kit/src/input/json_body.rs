//! The JSON body of a request, read with a limit in size and in time.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{StatusCode, header},
    web::BytesMut,
};
use futures_util::StreamExt;

use super::{
    fields::{Fields, FromFields},
    strict_json::StrictObject,
};
use crate::problem::Problem;

/// How long a body may take to arrive. It sits here and not on the request, or it would cut long polls.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes a body may have; set per route with `app_data`.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

impl BodyLimit {
    /// What a route takes unless it says otherwise.
    pub const DEFAULT: Self = Self(16 * 1024);
    /// For routes that take credentials.
    pub const CREDENTIALS: Self = Self(4 * 1024);
}

/// The body, parsed into `T`. Refuses with 400, 408, 413 or 415.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: FromFields> FromRequest for JsonBody<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = request.app_data::<BodyLimit>().copied().unwrap_or(BodyLimit::DEFAULT).0;
        let media_type = MediaType::of(request);
        let announced = announced_length(request);
        let payload = payload.take();
        Box::pin(async move {
            if announced.is_some_and(|length| length > limit as u64) {
                return Err(Problem::from_status(StatusCode::PAYLOAD_TOO_LARGE));
            }
            let body = tokio::time::timeout(BODY_TIMEOUT, read(payload, limit))
                .await
                .map_err(|_| Problem::from_status(StatusCode::REQUEST_TIMEOUT))??;
            parse(&body, media_type).map(Self)
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum MediaType {
    Json,
    Other,
    Absent,
}

impl MediaType {
    fn of(request: &HttpRequest) -> Self {
        let Some(value) = request.headers().get(header::CONTENT_TYPE) else { return Self::Absent };
        let essence = value.to_str().unwrap_or("").split(';').next().unwrap_or("").trim();
        if essence.eq_ignore_ascii_case("application/json") { Self::Json } else { Self::Other }
    }
}

fn announced_length(request: &HttpRequest) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn read(mut payload: Payload, limit: usize) -> Result<BytesMut, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::invalid_request("The body did not arrive whole").with_cause(error.to_string())
        })?;
        if body.len() + chunk.len() > limit {
            return Err(Problem::from_status(StatusCode::PAYLOAD_TOO_LARGE));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn parse<T: FromFields>(body: &[u8], media_type: MediaType) -> Result<T, Problem> {
    if body.is_empty() && T::MAY_BE_ABSENT && media_type != MediaType::Other {
        return Fields::default().finish(true);
    }
    if media_type != MediaType::Json {
        return Err(Problem::from_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let object: StrictObject = serde_json::from_slice(body).map_err(|error| {
        Problem::invalid_request(format!("The body is not a JSON object: {error}"))
    })?;
    Fields::new(object.0).finish(true)
}
