//! Traces of the background calls (W3C Trace Context): each call begins its own trace, because no request causes it.

use std::fmt;
use std::sync::Arc;

use reqwest::{RequestBuilder, Response, Url};
use tokio::time::Instant;
use tracing::Span;

use super::http::FetchError;
use crate::{TRACEPARENT, TraceContext};

/// A call that has ended.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct TracedCall<'a> {
    /// The `traceparent` that it carried.
    pub traceparent: &'a str,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The URL that was called, without its query.
    pub url: &'a Url,
    /// When it began. It has ended when the tracer receives this.
    pub began: std::time::Instant,
    /// The status of its answer; `None` when there was no answer.
    pub status: Option<u16>,
}

/// Records the background calls. Without one, each call still carries a `traceparent`: a new trace that is not
/// recorded.
pub trait CallTracer: Send + Sync {
    /// Returns the value of `traceparent` for a call that begins.
    fn traceparent(&self) -> String;

    /// Records a call that has ended. Must not block.
    fn ended(&self, call: &TracedCall<'_>);
}

/// Traces calls, for a [`CallTracer`] or only for the log.
#[derive(Clone, Default)]
pub(super) struct Tracer(pub(super) Option<Arc<dyn CallTracer>>);

impl Tracer {
    /// Begins a call to `url`.
    pub(super) fn begin<'a>(&'a self, method: &'static str, url: &'a Url) -> Call<'a> {
        let traceparent = match &self.0 {
            Some(tracer) => tracer.traceparent(),
            None => TraceContext::root(rand::random(), rand::random(), false).to_string(),
        };
        let mut ids = traceparent.split('-').skip(1);
        let (trace_id, span_id) = (ids.next().unwrap_or(""), ids.next().unwrap_or(""));
        let span = tracing::error_span!("call", trace_id, span_id);
        Call { tracer: self, traceparent, method, url, span, began: Instant::now(), status: None }
    }
}

/// A call under way. It ends when it is dropped, so also when its task is aborted.
pub(super) struct Call<'a> {
    tracer: &'a Tracer,
    traceparent: String,
    method: &'static str,
    url: &'a Url,
    /// The span for log lines about this call.
    pub(super) span: Span,
    began: Instant,
    status: Option<u16>,
}

impl Call<'_> {
    /// Sends its request.
    pub(super) async fn send(&mut self, request: RequestBuilder) -> Result<Response, FetchError> {
        let response = request.header(TRACEPARENT, &self.traceparent).send().await?;
        self.status = Some(response.status().as_u16());
        Ok(response)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let Some(tracer) = &self.tracer.0 else { return };
        tracer.ended(&TracedCall {
            traceparent: &self.traceparent,
            method: self.method,
            url: self.url,
            began: self.began.into_std(),
            status: self.status,
        });
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Tracer(recording)" } else { "Tracer(not recording)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_begins_a_trace_of_its_own() {
        let url = Url::parse("http://issuer.example").unwrap();
        let tracer = Tracer::default();
        let begin = || tracer.begin("GET", &url).traceparent.clone();
        let (one, other) = (begin(), begin());
        let lengths: Vec<_> = one.split('-').map(str::len).collect();
        assert_eq!(lengths, [2, 32, 16, 2]);
        assert!(one.starts_with("00-") && one.ends_with("-00") && one != other);
        assert!(one.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-')));
    }
}
