//! The access log line of a request.

use std::net::IpAddr;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap},
    web::Data,
};
use serde::Deserialize;

use super::{TrustedProxies, client_address};
use crate::problem::PROBLEM_JSON;

/// The account that a request concerns, for its log line. It is also set for rejected requests, so that operators can
/// find attacks on one account.
struct Account(String);

/// Adds the account that a request concerns to its log line, by id.
pub fn log_account(request: &HttpRequest, id: Option<&str>) {
    if let Some(id) = id {
        request.extensions_mut().insert(Account(id.to_owned()));
    }
}

/// Data collected at the start of a request.
pub(super) struct RequestLogLine {
    client: Option<IpAddr>,
    is_probe: bool,
}

impl RequestLogLine {
    pub(super) fn new(request: &ServiceRequest, is_probe: bool) -> Self {
        let proxies = request.app_data::<Data<TrustedProxies>>();
        let proxies = proxies.map_or(&[][..], |proxies| proxies.as_slice());
        Self { client: client_address(request.request(), proxies), is_probe }
    }

    /// Logs the answer. Probes come every few seconds, so they are logged at debug level.
    pub(super) fn write(
        self,
        request: Option<&HttpRequest>,
        status: u16,
        code: Option<&str>,
        micros: u64,
    ) {
        let client = self.client.map(tracing::field::display);
        if self.is_probe {
            tracing::debug!(status, micros, client, code, "answered");
            return;
        }
        let extensions = request.map(HttpMessage::extensions);
        let account = extensions.as_ref().and_then(|extensions| extensions.get::<Account>());
        let account = account.map(|account| account.0.as_str());
        tracing::info!(status, micros, client, account, code, "answered");
    }
}

/// The `error` member that every error body has here: problems, and those of RFC 6749 §5.2.
#[derive(Deserialize)]
struct ErrorBody {
    error: String,
}

/// The response, and the error code in its body.
pub(super) fn code_of<B: MessageBody + 'static>(
    response: ServiceResponse<EitherBody<B, BoxBody>>,
) -> (ServiceResponse<EitherBody<B, BoxBody>>, Option<String>) {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return (response, None);
    }
    let (request, response) = response.into_parts();
    let (response, code) = read_code(response, |whole| EitherBody::right(BoxBody::new(whole)));
    (ServiceResponse::new(request, response), code)
}

/// The same for a response that an error carries.
pub(super) fn code_of_error(response: HttpResponse) -> (HttpResponse, Option<String>) {
    read_code(response, BoxBody::new)
}

/// Whether the body has the type of an error body: of a problem, or of the JSON that OAuth endpoints (RFC 6749 §5.2)
/// and an unready service answer with.
pub(super) fn may_be_error_body(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| {
        value.as_bytes().starts_with(PROBLEM_JSON.as_bytes())
            || value.as_bytes().starts_with(b"application/json")
    })
}

fn read_code<B: MessageBody>(
    response: HttpResponse<B>,
    whole: impl FnOnce(actix_web::web::Bytes) -> B,
) -> (HttpResponse<B>, Option<String>) {
    if !may_be_error_body(response.headers()) {
        return (response, None);
    }
    let (response, body) = response.into_parts();
    match body.try_into_bytes() {
        Ok(bytes) => {
            let code = serde_json::from_slice::<ErrorBody>(&bytes).ok().map(|body| body.error);
            (response.set_body(whole(bytes)), code)
        }
        // A streamed body is not one of our errors.
        Err(body) => (response.set_body(body), None),
    }
}
