//! Spans of the calls to auth-service.

use claims::{
    Parent, TraceContext,
    remote::{CallTracer, TracedCall},
};
use service_kit::trace::{ClientSpan, Exporter, new_span};

/// Records the background calls of the verifier.
pub(crate) struct Tracer(pub(crate) Exporter);

impl CallTracer for Tracer {
    fn traceparent(&self) -> String {
        new_span(None, |id| self.0.should_sample(id)).to_string()
    }

    fn ended(&self, call: &TracedCall<'_>) {
        let Some(own) = Parent::parse(call.traceparent) else { return };
        let Parent { trace_id, span_id, sampled } = own;
        let trace = TraceContext { trace_id, span_id, parent: None, sampled };
        let (method, url, status) = (call.method, call.url, call.status);
        self.0.record_client_span(ClientSpan {
            trace,
            method,
            url,
            status,
            took: call.began.elapsed(),
        });
    }
}
