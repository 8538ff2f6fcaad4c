//! Spans with the names of OpenTelemetry's conventions for HTTP. They hold no queries,
//! headers or addresses of clients. The path of a request may name a user by id.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use actix_web::http::Method;
use opentelemetry::{
    InstrumentationScope, KeyValue, Value,
    trace::{SpanContext, SpanKind, Status, TraceFlags, TraceState},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use url::Url;

use claims::TraceContext;

/// The longest path in bytes; a longer one is cut.
const MAX_PATH_LEN: usize = 256;

/// A request that was served.
pub(crate) struct ServerSpan<'a> {
    pub(crate) trace: TraceContext,
    /// The caller's `tracestate` (W3C Trace Context §3.3), passed on unchanged.
    pub(crate) state: &'a str,
    pub(crate) method: &'a Method,
    /// The route's pattern.
    pub(crate) route: Option<String>,
    pub(crate) path: &'a str,
    pub(crate) status: u16,
    pub(crate) took: Duration,
}

/// A call that was made.
#[derive(Clone, Copy, Debug)]
pub struct ClientSpan<'a> {
    /// Its span.
    pub trace: TraceContext,
    /// Its method.
    pub method: &'static str,
    /// The URL. The query is not exported.
    pub url: &'a Url,
    /// The response's status; `None` without a response.
    pub status: Option<u16>,
    /// How long it took.
    pub took: Duration,
}

impl ServerSpan<'_> {
    /// The span; it ended `now`.
    pub(super) fn span(self, now: SystemTime) -> SpanData {
        let method = if is_standard_method(self.method) { self.method.as_str() } else { "_OTHER" };
        let path = &self.path[..self.path.floor_char_boundary(MAX_PATH_LEN)];
        let mut attributes = vec![
            attribute("http.request.method", method.to_owned()),
            attribute("url.scheme", "http"),
            attribute("url.path", path.to_owned()),
            attribute("http.response.status_code", i64::from(self.status)),
        ];
        let mut name = method.to_owned();
        if let Some(route) = self.route {
            name = format!("{method} {route}");
            attributes.push(attribute("http.route", route));
        }
        // A client error is not an error of this service.
        let failed = self.status >= 500;
        if failed {
            attributes.push(attribute("error.type", self.status.to_string()));
        }
        let state = self.state.parse().unwrap_or_default();
        let kind = SpanKind::Server;
        SpanParts { trace: self.trace, state, kind, name, attributes, failed, took: self.took }
            .ended(now)
    }
}

impl ClientSpan<'_> {
    /// The span; it ended `now`.
    pub(super) fn span(self, now: SystemTime) -> SpanData {
        let mut url = self.url.clone();
        url.set_query(None);
        let mut attributes = vec![
            attribute("http.request.method", self.method),
            attribute("server.address", url.host_str().unwrap_or_default().to_owned()),
            attribute("server.port", i64::from(url.port_or_known_default().unwrap_or_default())),
        ];
        attributes.extend(
            self.status.map(|status| attribute("http.response.status_code", i64::from(status))),
        );
        let failed = self.status.is_none_or(|status| status >= 400);
        if failed {
            let kind = self.status.map_or("no_answer".to_owned(), |status| status.to_string());
            attributes.push(attribute("error.type", kind));
        }
        let name = format!("{} {}", self.method, url.path());
        attributes.push(attribute("url.full", String::from(url)));
        let (state, kind) = (TraceState::default(), SpanKind::Client);
        SpanParts { trace: self.trace, state, kind, name, attributes, failed, took: self.took }
            .ended(now)
    }
}

/// Whether the method is one that this project has routes for. Others must not become names of spans or metrics.
pub(crate) fn is_standard_method(method: &Method) -> bool {
    const KNOWN: [Method; 7] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    KNOWN.contains(method)
}

fn attribute(name: &'static str, value: impl Into<Value>) -> KeyValue {
    KeyValue::new(name, value)
}

/// The parts in which spans differ.
struct SpanParts {
    trace: TraceContext,
    state: TraceState,
    kind: SpanKind,
    name: String,
    attributes: Vec<KeyValue>,
    failed: bool,
    took: Duration,
}

impl SpanParts {
    fn ended(self, end_time: SystemTime) -> SpanData {
        let Self { trace, state, kind, name, attributes, failed, took } = self;
        let flags = TraceFlags::default().with_sampled(trace.sampled);
        let (trace_id, span_id) = (trace.trace_id.into(), trace.span_id.into());
        SpanData {
            span_context: SpanContext::new(trace_id, span_id, flags, false, state),
            parent_span_id: trace.parent.unwrap_or(0).into(),
            parent_span_is_remote: trace.parent.is_some(),
            span_kind: kind,
            name: Cow::Owned(name),
            start_time: end_time.checked_sub(took).unwrap_or(end_time),
            end_time,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: if failed { Status::error("") } else { Status::Unset },
            instrumentation_scope: InstrumentationScope::builder("authpair").build(),
        }
    }
}
