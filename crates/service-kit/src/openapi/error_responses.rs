//! Error responses in OpenAPI: one type for each, named in the operations that can answer with it. A service declares
//! its own with [`error_responses!`](crate::error_responses).

use std::collections::BTreeMap;

use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder,
        schema::Type,
    },
};

use crate::problem::PROBLEM_JSON;

/// The body of an error response (RFC 9457).
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "it only describes; `problem::Problem` is what is sent")]
pub struct ProblemSchema {
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
    /// What is wrong, by field.
    fields: Option<BTreeMap<String, Vec<String>>>,
    /// Of 429: the seconds that `Retry-After` names.
    retry_after: Option<u64>,
}

/// An error response with its headers, each with what it means.
pub fn problem_response(description: &str, headers: &[(&str, &str)]) -> RefOr<Response> {
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

/// Declares types of error responses: a name, the status, what it means, and its headers with what they mean.
#[macro_export]
macro_rules! error_responses {
    ($($name:ident $status:literal $description:literal $headers:expr;)*) => {$(
        #[doc = concat!($status, ": ", $description)]
        #[derive(Debug)]
        pub struct $name;

        impl ::utoipa::IntoResponses for $name {
            fn responses() -> ::std::collections::BTreeMap<
                String,
                ::utoipa::openapi::RefOr<::utoipa::openapi::Response>,
            > {
                let response = $crate::openapi::problem_response($description, &$headers);
                [($status.to_owned(), response)].into()
            }
        }
    )*};
}

const CHALLENGE: (&str, &str) = ("WWW-Authenticate", "How to authenticate (RFC 6750 section 3)");
const RETRY: (&str, &str) = ("Retry-After", "Seconds after which to try again");

error_responses! {
    BadRequest "400" "`invalid_request`; `fields` says what is wrong" [];
    Unauthorized "401" "The credentials are missing or not accepted; `error` says why" [CHALLENGE];
    Forbidden "403" "`insufficient_scope` or `user_required`" [CHALLENGE];
    NotFound "404" "`not_found`" [];
    RequestTimeout "408" "`request_timeout`: the body took too long to arrive" [];
    PayloadTooLarge "413" "`payload_too_large`" [];
    UnsupportedMediaType "415" "`unsupported_media_type`" [];
    TooManyRequests "429" "`rate_limited`; `retry_after` in the body is that of the header" [RETRY];
    Unavailable "503" "`unavailable`, `overloaded` or `keys_unavailable`" [RETRY];
}
