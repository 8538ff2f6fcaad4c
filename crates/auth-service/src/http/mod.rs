//! Parts that endpoints share: errors, cookies, CSRF, credentials, and common response bodies.
//!
//! - `api_error`: the error type of all handlers, and the mapping of domain errors to responses
//! - `error_responses`: error responses in OpenAPI
//! - `limited_endpoint`: a path of the route table with its limits; `source_limit`: checks the limit of a source;
//!   `unlisted_proxies`: proxies that the settings do not name
//! - `login_admission`: the extractor of log-ins; `device_cookie`: the cookie of a trusted device
//! - `open_registration`: whether people may register; `admission`: the extractor for bodies with a password;
//!   `own_password`: checks the caller's own password
//! - `caller`: the user who calls; `local_authenticator`: verifies access tokens on our own routes; `any_token`:
//!   verifies access or refresh tokens
//! - `admin_caller`: callers of administrators' routes; `admin_path`: the user that a path names; `admin_user_body`: a
//!   user as administrators see it; `if_match`: changes of a known revision only; `page_query`: the parameters of a
//!   request for a page; `audit_page`: pages of the audit log
//! - `link`: the token of a mail's link; `accept_language`: the client's languages
//! - `credential`: the token of a refresh or a logout; `cookie`, `cookie_header`, `csrf`: its cookie
//! - `authenticated_client`, `oauth_parameters`, `token_query_form`, `oauth_error`: OAuth for service accounts (RFC 6749)
//! - `token_response`, `user_body`, `session_bodies`, `chunked_body`: response bodies; `ext_field`: a field of requests;
//!   `client_info`: the client's address and user agent;
//!   `request_context`: the same with the actor, for the audit log

mod accept_language;
pub(crate) mod admin_caller;
pub(crate) mod admin_path;
pub(crate) mod admin_user_body;
pub(crate) mod admission;
pub(crate) mod any_token;
pub(crate) mod api_error;
pub(crate) mod audit_page;
pub(crate) mod authenticated_client;
pub(crate) mod caller;
pub(crate) mod chunked_body;
pub(crate) mod client_info;
pub(crate) mod cookie;
mod cookie_header;
pub(crate) mod credential;
pub(crate) mod csrf;
pub(crate) mod device_cookie;
pub(crate) mod error_responses;
pub(crate) mod ext_field;
pub(crate) mod if_match;
pub(crate) mod limited_endpoint;
pub(crate) mod link;
pub(crate) mod local_authenticator;
pub(crate) mod login_admission;
pub(crate) mod oauth_error;
pub(crate) mod oauth_parameters;
pub(crate) mod open_registration;
pub(crate) mod own_password;
pub(crate) mod page_query;
pub(crate) mod request_context;
pub(crate) mod session_bodies;
pub(crate) mod source_limit;
pub(crate) mod token_query_form;
pub(crate) mod token_response;
pub(crate) mod unlisted_proxies;
pub(crate) mod user_body;

use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};

pub(crate) use self::{
    accept_language::accept_language,
    api_error::ApiError,
    client_info::client_info,
    request_context::{request_context, user_context},
};

/// No cache may store a response with a token or with data about a person (RFC 6749 §5.1).
pub(crate) const NO_STORE: (HeaderName, HeaderValue) =
    (CACHE_CONTROL, HeaderValue::from_static("no-store"));
