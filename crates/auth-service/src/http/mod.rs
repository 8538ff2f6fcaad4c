//! Parts that endpoints share: errors, cookies, CSRF, credentials, and common response bodies.
//!
//! - `api_error`: the error type of all handlers, and the mapping of domain errors to responses
//! - `error_responses`: error responses in OpenAPI
//! - `limited_endpoint`: a path of the route table with its limits; `source_limit`: checks the limit of a source;
//!   `unlisted_proxies`: proxies that the settings do not name
//! - `login_admission`: the extractor of log-ins; `device_cookie`: the cookie of a trusted device
//! - `admission`: the extractor for bodies with a password; `own_password`: checks the caller's own password
//! - `caller`: the user who calls; `local_authenticator`: verifies access tokens on our own routes; `any_token`:
//!   verifies access or refresh tokens
//! - `credential`: the token of a refresh or a logout; `cookie`, `cookie_header`, `csrf`: its cookie
//! - `authenticated_client`, `oauth_parameters`, `presented_form`, `oauth_error`: OAuth for service accounts (RFC 6749)
//! - `token_response`, `user_body`, `chunked_body`: response bodies; `client_info`: the client's address and user agent

pub mod admission;
pub mod any_token;
pub mod api_error;
pub mod authenticated_client;
pub mod caller;
pub mod chunked_body;
pub mod client_info;
pub mod cookie;
mod cookie_header;
pub mod credential;
pub mod csrf;
pub mod device_cookie;
pub mod error_responses;
pub mod limited_endpoint;
pub mod local_authenticator;
pub mod login_admission;
pub mod oauth_error;
pub mod oauth_parameters;
pub mod own_password;
pub mod presented_form;
pub mod source_limit;
pub mod token_response;
pub mod unlisted_proxies;
pub mod user_body;

use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};

pub use self::{api_error::ApiError, client_info::client_info};

/// No cache may store a response with a token or with data about a person (RFC 6749 §5.1).
pub const NO_STORE: (HeaderName, HeaderValue) =
    (CACHE_CONTROL, HeaderValue::from_static("no-store"));
