//! The JSON body of a request.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode};

use super::{
    body::{MediaType, read_body},
    fields::{Fields, FromFields},
    strict_json::StrictObject,
};
use crate::problem::Problem;

/// The body, parsed into `T`. Refuses with 400, 408, 413 or 415.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: FromFields> FromRequest for JsonBody<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = MediaType::of(request, "application/json");
        let body = read_body(request, payload);
        Box::pin(async move { parse(&body.await?, media_type).map(Self) })
    }
}

fn parse<T: FromFields>(body: &[u8], media_type: MediaType) -> Result<T, Problem> {
    if body.is_empty() && T::MAY_BE_ABSENT && media_type != MediaType::Other {
        return Fields::default().finish(true);
    }
    if media_type != MediaType::Wanted {
        return Err(Problem::from_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let object: StrictObject = serde_json::from_slice(body).map_err(|error| {
        Problem::invalid_request(format!("The body is not a JSON object: {error}"))
    })?;
    Fields::new(object.0).finish(true)
}
