//! The outermost middleware: request id, log line, trace, and one form for all errors.

use std::sync::Arc;

use actix_web::{
    Error, HttpRequest, HttpResponse,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        ConnectionType,
        header::{self, HeaderMap, HeaderValue},
    },
    middleware::Next,
};
use tokio::time::Instant;
use tracing::{Instrument, error, error_span, warn};

use super::{
    cors::normalize_preflight_headers,
    host::check_host,
    request_id::{self, RequestId},
    request_log::{RequestLogLine, code_of, code_of_error, may_be_error_body},
    security_headers::{self, StrictTransport},
    watchdog::ConnectionState,
};
use crate::{
    call_budget::share_budget,
    metrics::Metrics,
    problem::{PROBLEM_JSON, Problem},
    server::Drain,
    trace::{Exporter, ServerSpan, new_span, parent_of, tracestate},
};

/// The outermost middleware.
///
/// # Errors
/// An error that already contains its response.
pub async fn request_middleware<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let started = Instant::now();
    let id = RequestId::assign(&request);
    let _busy_guard = request
        .conn_data::<Arc<ConnectionState>>()
        .map(|connection| connection.begin_request(&request));
    let closing = request.app_data::<Drain>().is_some_and(Drain::is_draining);
    let metrics = request.app_data::<Metrics>().cloned();
    let strict = request.app_data::<StrictTransport>().copied();
    let method = request.method().clone();
    let path = request.path().to_owned();
    let line = RequestLogLine::new(&request, is_probe(&path));
    let exporter = request.app_data::<Exporter>().cloned();
    let sampling_exporter = exporter.as_ref().filter(|_| !is_probe(&path));
    let parent = parent_of(request.headers());
    let trace =
        new_span(parent, |id| sampling_exporter.is_some_and(|exporter| exporter.should_sample(id)));
    let recording = exporter
        .filter(|_| trace.sampled)
        .map(|exporter| (exporter, tracestate(request.headers())));
    // Every log line of this request has these fields. The path is escaped, because the client chose it.
    let span = error_span!(
        "request",
        id = %id.0,
        %method,
        path = %path.escape_debug(),
        trace_id = format_args!("{:032x}", trace.trace_id),
        span_id = format_args!("{:016x}", trace.span_id),
    );
    normalize_preflight_headers(&mut request);
    let result = match check_host(&request) {
        Ok(()) => share_budget(next.call(request)).instrument(span.clone()).await,
        Err(problem) => Err(problem.into()),
    };
    let _entered = span.enter();
    let route = result.as_ref().ok().and_then(|response| response.request().match_pattern());
    let (mut response, code) = match result {
        Ok(response) => {
            let (response, code) = code_of(with_problem_body(response, &id.0));
            (Outcome::Response(Box::new(response)), code)
        }
        Err(error) => {
            let (response, code) = code_of_error(problem_from_error(&error, &id.0));
            (Outcome::Error(response), code)
        }
    };
    add_request_id(response.headers_mut(), &id.0);
    security_headers::add(response.headers_mut(), strict);
    // After 408 and 413 the client may still send the body; closing avoids waiting for it.
    if closing || matches!(response.status(), 408 | 413) {
        response.close_connection();
    }
    if let Some(metrics) = metrics {
        metrics.record_request(&method, route.clone(), response.status(), started.elapsed());
    }
    if let Some((exporter, state)) = recording {
        let (status, took) = (response.status(), started.elapsed());
        let (method, path, state) = (&method, path.as_str(), state.as_str());
        exporter.record_server_span(ServerSpan { trace, state, method, route, path, status, took });
    }
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    line.write(response.request(), response.status(), code.as_deref(), micros);
    response.into_result()
}

/// Probes come every few seconds, so they are not traced.
fn is_probe(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

/// A response, or an error that a middleware returned instead.
enum Outcome<B> {
    Response(Box<ServiceResponse<EitherBody<B, BoxBody>>>),
    Error(HttpResponse),
}

impl<B> Outcome<B> {
    fn headers_mut(&mut self) -> &mut HeaderMap {
        match self {
            Self::Response(response) => response.headers_mut(),
            Self::Error(response) => response.headers_mut(),
        }
    }

    /// (actix-http drops a `Connection` header that was set by hand.)
    fn close_connection(&mut self) {
        let head = match self {
            Self::Response(response) => response.response_mut().head_mut(),
            Self::Error(response) => response.head_mut(),
        };
        head.set_connection_type(ConnectionType::Close);
    }

    fn request(&self) -> Option<&HttpRequest> {
        match self {
            Self::Response(response) => Some(response.request()),
            Self::Error(_) => None,
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::Response(response) => response.status().as_u16(),
            Self::Error(response) => response.status().as_u16(),
        }
    }

    fn into_result(self) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
        match self {
            Self::Response(response) => Ok(*response),
            Self::Error(response) => Err(InternalError::from_response("rejected", response).into()),
        }
    }
}

fn add_request_id(headers: &mut HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(request_id::HEADER, value);
    }
}

/// Gives a response that is an error its problem body, keeping the headers that others added to it.
fn with_problem_body<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    id: &str,
) -> ServiceResponse<EitherBody<B, BoxBody>> {
    let (request, response) = response.into_parts();
    let Some(mut shaped) = problem_body_for(&response, id) else {
        return ServiceResponse::new(request, response.map_into_left_body());
    };
    for (name, value) in response.headers() {
        if !shaped.headers().contains_key(name) && name != header::CONTENT_LENGTH {
            shaped.headers_mut().append(name.clone(), value.clone());
        }
    }
    ServiceResponse::new(request, shaped.map_into_right_body())
}

/// The problem body for a response that is an error and has no error body yet.
fn problem_body_for<B>(response: &HttpResponse<B>, id: &str) -> Option<HttpResponse> {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    if let Some(problem) = response.error().and_then(Error::as_error::<Problem>) {
        log(problem);
        return Some(problem.to_response(Some(id)));
    }
    if may_be_error_body(response.headers()) {
        return None;
    }
    let problem = Problem::from_status(status);
    warn!(
        status = status.as_u16(),
        error = response.error().map(ToString::to_string),
        "replaced a response body by a problem"
    );
    Some(problem.to_response(Some(id)))
}

fn problem_from_error(error: &Error, id: &str) -> HttpResponse {
    if let Some(problem) = error.as_error::<Problem>() {
        log(problem);
        let mut shaped = problem.to_response(Some(id));
        // Other middleware, such as CORS, adds its headers to an error's own response.
        let response = error.error_response();
        let added =
            response.headers().iter().filter(|(name, _)| !shaped.headers().contains_key(*name));
        let added: Vec<_> = added.map(|(name, value)| (name.clone(), value.clone())).collect();
        for (name, value) in added {
            shaped.headers_mut().append(name, value);
        }
        return shaped;
    }
    let response = error.error_response();
    let media_type = response.headers().get(header::CONTENT_TYPE);
    if media_type.is_some_and(|value| value.as_bytes().starts_with(PROBLEM_JSON.as_bytes())) {
        return response;
    }
    Problem::from_status(response.status()).to_response(Some(id))
}

fn log(problem: &Problem) {
    match (problem.cause(), problem.code()) {
        (Some(cause), "internal") => error!(code = problem.code(), ?cause, "internal error"),
        (Some(cause), code) => warn!(code, ?cause, "request rejected"),
        (None, _) => {}
    }
}
