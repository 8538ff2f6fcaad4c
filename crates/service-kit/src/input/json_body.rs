//! The JSON body of a request.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode};

use super::{
    body::{ContentTypeMatch, read_body},
    fields::{Fields, FromFields},
};
use crate::{problem::Problem, unique_json};

/// The body, parsed into `T`. Errors: 400, 408, 413 or 415.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: FromFields> FromRequest for JsonBody<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = ContentTypeMatch::of(request, "application/json");
        let body = read_body(request, payload);
        Box::pin(async move { parse(&body.await?, media_type).map(Self) })
    }
}

fn parse<T: FromFields>(body: &[u8], media_type: ContentTypeMatch) -> Result<T, Problem> {
    // Without content the media type does not matter: `axios.post(url)` and `curl -d ''` name one.
    if body.is_empty() {
        if T::MAY_BE_ABSENT {
            return Fields::default().finish_strict();
        }
        return Err(Problem::invalid_request("The body is empty; it must be a JSON object"));
    }
    if media_type != ContentTypeMatch::Expected {
        return Err(Problem::from_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let members = unique_json::object(body).map_err(|error| {
        Problem::invalid_request(format!("The body is not a JSON object: {error}"))
    })?;
    Fields::new(members).finish_strict()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Optional;

    impl FromFields for Optional {
        const MAY_BE_ABSENT: bool = true;

        fn from_fields(_: &mut Fields) -> Option<Self> {
            Some(Self)
        }
    }

    #[derive(Debug)]
    struct Needed;

    impl FromFields for Needed {
        fn from_fields(_: &mut Fields) -> Option<Self> {
            Some(Self)
        }
    }

    #[test]
    fn an_empty_body_is_judged_without_its_media_type() {
        for media_type in
            [ContentTypeMatch::Expected, ContentTypeMatch::Other, ContentTypeMatch::Missing]
        {
            assert!(parse::<Optional>(b"", media_type).is_ok());
            assert_eq!(parse::<Needed>(b"", media_type).unwrap_err().code(), "invalid_request");
        }
        for media_type in [ContentTypeMatch::Other, ContentTypeMatch::Missing] {
            let problem = parse::<Optional>(b" ", media_type).unwrap_err();
            assert_eq!(problem.code(), "unsupported_media_type");
        }
    }
}
