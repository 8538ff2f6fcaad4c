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
    cors::tidy_preflight,
    host::check_host,
    request_id::{self, RequestId},
    request_log::{RequestLine, code_of, code_of_error},
    security_headers::{self, StrictTransport},
    watchdog::Connection,
};
use crate::{
    call_budget::share_budget,
    metrics::Metrics,
    problem::{PROBLEM_JSON, Problem},
    server::Drain,
    trace::{Exporter, Served, new_span, parent_of, state},
};

/// The outermost middleware.
///
/// # Errors
/// Only what no response could be made for; it carries its response with it.
pub async fn request_middleware<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let started = Instant::now();
    let id = RequestId::assign(&request);
    let _at_work = request.conn_data::<Arc<Connection>>().map(|at| at.begin(&request));
    let closing = request.app_data::<Drain>().is_some_and(Drain::has_begun);
    let metrics = request.app_data::<Metrics>().cloned();
    let strict = request.app_data::<StrictTransport>().copied();
    let method = request.method().clone();
    let path = request.path().to_owned();
    let line = RequestLine::new(&request, is_probe(&path));
    let exporter = request.app_data::<Exporter>().cloned();
    let wanted = exporter.as_ref().filter(|_| !is_probe(&path));
    let parent = parent_of(request.headers());
    let trace = new_span(parent, |id| wanted.is_some_and(|to| to.samples(id)));
    let recorded = exporter.filter(|_| trace.sampled).map(|to| (to, state(request.headers())));
    // Every log line of this request has these fields. The path is escaped, because the client chose it.
    let span = error_span!(
        "request",
        id = %id.0,
        %method,
        path = %path.escape_debug(),
        trace_id = format_args!("{:032x}", trace.trace_id),
        span_id = format_args!("{:016x}", trace.span_id),
    );
    tidy_preflight(&mut request);
    let result = match check_host(&request) {
        Ok(()) => share_budget(next.call(request)).instrument(span.clone()).await,
        Err(problem) => Err(problem.into()),
    };
    let _entered = span.enter();
    let route = result.as_ref().ok().and_then(|response| response.request().match_pattern());
    let (mut response, code) = match result {
        Ok(response) => {
            let (response, code) = code_of(shape(response, &id.0));
            (Answer::Whole(Box::new(response)), code)
        }
        Err(error) => {
            let (response, code) = code_of_error(shape_error(&error, &id.0));
            (Answer::Error(response), code)
        }
    };
    finish(response.headers_mut(), &id.0);
    security_headers::add(response.headers_mut(), strict);
    // After these two the rest of the body may still arrive; closing avoids waiting for it.
    if closing || matches!(response.status(), 408 | 413) {
        response.close_connection();
    }
    if let Some(metrics) = metrics {
        metrics.answered(&method, route.clone(), response.status(), started.elapsed());
    }
    if let Some((exporter, state)) = recorded {
        let (status, took) = (response.status(), started.elapsed());
        let (method, path, state) = (&method, path.as_str(), state.as_str());
        exporter.served(Served { trace, state, method, route, path, status, took });
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
enum Answer<B> {
    Whole(Box<ServiceResponse<EitherBody<B, BoxBody>>>),
    Error(HttpResponse),
}

impl<B> Answer<B> {
    fn headers_mut(&mut self) -> &mut HeaderMap {
        match self {
            Self::Whole(response) => response.headers_mut(),
            Self::Error(response) => response.headers_mut(),
        }
    }

    /// (actix-http drops a `Connection` header that was set by hand.)
    fn close_connection(&mut self) {
        let head = match self {
            Self::Whole(response) => response.response_mut().head_mut(),
            Self::Error(response) => response.head_mut(),
        };
        head.set_connection_type(ConnectionType::Close);
    }

    fn request(&self) -> Option<&HttpRequest> {
        match self {
            Self::Whole(response) => Some(response.request()),
            Self::Error(_) => None,
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::Whole(response) => response.status().as_u16(),
            Self::Error(response) => response.status().as_u16(),
        }
    }

    fn into_result(self) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
        match self {
            Self::Whole(response) => Ok(*response),
            Self::Error(response) => Err(InternalError::from_response("refused", response).into()),
        }
    }
}

fn finish(headers: &mut HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(request_id::HEADER, value);
    }
}

/// Gives a response that is an error its problem body, keeping the headers that others added to it.
fn shape<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    id: &str,
) -> ServiceResponse<EitherBody<B, BoxBody>> {
    let (request, response) = response.into_parts();
    let Some(shaped) = reshaped(&response, id) else {
        return ServiceResponse::new(request, response.map_into_left_body());
    };
    let mut shaped = shaped;
    for (name, value) in response.headers() {
        if !shaped.headers().contains_key(name) && name != header::CONTENT_LENGTH {
            shaped.headers_mut().append(name.clone(), value.clone());
        }
    }
    ServiceResponse::new(request, shaped.map_into_right_body())
}

fn reshaped<B>(response: &HttpResponse<B>, id: &str) -> Option<HttpResponse> {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    if let Some(problem) = response.error().and_then(Error::as_error::<Problem>) {
        log(problem);
        return Some(problem.to_response(Some(id)));
    }
    let media_type = response.headers().get(header::CONTENT_TYPE);
    let shaped = media_type.is_some_and(|value| {
        value.as_bytes().starts_with(PROBLEM_JSON.as_bytes())
            // OAuth endpoints answer with RFC 6749 §5.2 bodies, and an unready service with its reasons.
            || value.as_bytes().starts_with(b"application/json")
    });
    if shaped {
        return None;
    }
    let problem = Problem::from_status(status);
    warn!(status = status.as_u16(), error = response.error().map(ToString::to_string), "reshaped");
    Some(problem.to_response(Some(id)))
}

fn shape_error(error: &Error, id: &str) -> HttpResponse {
    if let Some(problem) = error.as_error::<Problem>() {
        log(problem);
        return problem.to_response(Some(id));
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
        (Some(cause), "internal") => error!(code = problem.code(), ?cause, "failed"),
        (Some(cause), code) => warn!(code, ?cause, "refused"),
        (None, _) => {}
    }
}
