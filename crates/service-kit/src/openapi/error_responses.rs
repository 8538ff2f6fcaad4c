//! Refusals as OpenAPI responses: one type a status, named in the operations that can answer with it.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder,
        schema::Type,
    },
};

use crate::problem::PROBLEM_JSON;

/// A refusal (RFC 9457).
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "it only describes; `problem::Problem` is what is sent")]
pub struct Problem {
    /// Always `about:blank`.
    #[schema(example = "about:blank")]
    r#type: String,
    /// The status in words.
    #[schema(example = "Unauthorized")]
    title: String,
    /// The status.
    #[schema(example = 401)]
    status: u16,
    /// A sentence for people.
    #[schema(example = "Token has expired")]
    detail: String,
    /// The stable code; what clients switch on.
    #[schema(example = "token_expired")]
    error: String,
    /// Faults by field.
    fields: Option<BTreeMap<String, Vec<String>>>,
    /// Of 429: the seconds that `Retry-After` names.
    retry_after: Option<u64>,
}

fn refusal(description: &str, headers: &[(&str, &str)]) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let mut response =
        ResponseBuilder::new().description(description).content(PROBLEM_JSON, content);
    for (name, description) in headers {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let header =
            HeaderBuilder::new().schema(Some(text)).description(Some(*description)).build();
        response = response.header(*name, header);
    }
    RefOr::T(response.build())
}

macro_rules! error_responses {
    ($($name:ident $status:literal $description:literal $headers:expr;)*) => {$(
        #[doc = concat!($status, ": ", $description)]
        #[derive(Debug)]
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([($status.to_owned(), refusal($description, &$headers))])
            }
        }
    )*};
}

const CHALLENGE: (&str, &str) = ("WWW-Authenticate", "How to authenticate (RFC 6750 section 3)");
const RETRY: (&str, &str) = ("Retry-After", "Seconds after which to try again");

error_responses! {
    BadRequest "400" "`invalid_request`; `fields` names the faults" [];
    Unauthorized "401" "The credentials are missing or not accepted; `error` says why" [CHALLENGE];
    Forbidden "403" "`insufficient_scope` or `user_required`" [CHALLENGE];
    CsrfFailed "403" "`csrf_failed`: the cookie came without its CSRF token or from an unlisted origin" [];
    NotFound "404" "`not_found` or `user_not_found`" [];
    RequestTimeout "408" "`request_timeout`: the body took too long to arrive" [];
    Conflict "409" "`user_exists`" [];
    PayloadTooLarge "413" "`payload_too_large`" [];
    UnsupportedMediaType "415" "`unsupported_media_type`" [];
    TooManyRequests "429" "`rate_limited`; `retry_after` in the body is that of the header" [RETRY];
    Unavailable "503" "`unavailable`, `overloaded` or `keys_unavailable`" [RETRY];
}
