//! The trace of a request: from its `traceparent`, or a new one.

use actix_web::http::header::HeaderMap;
use claims::{Parent, TRACEPARENT, TraceContext};

/// The caller's span. A header that is sent twice counts as missing (W3C Trace Context §4.3).
pub(crate) fn parent_of(headers: &HeaderMap) -> Option<Parent> {
    let mut sent = headers.get_all(TRACEPARENT);
    match (sent.next(), sent.next()) {
        (Some(one), None) => Parent::parse(one.to_str().ok()?),
        _ => None,
    }
}

/// The `tracestate` that came with a `traceparent` (§3.3), its lines joined. Empty if a line is not text.
pub(crate) fn tracestate(headers: &HeaderMap) -> String {
    let lines: Option<Vec<_>> =
        headers.get_all("tracestate").map(|line| line.to_str().ok()).collect();
    lines.unwrap_or_default().join(",")
}

/// A span in its caller's trace; or, without a caller, the first of a new trace, and `samples` decides whether that
/// is recorded.
pub fn new_span(parent: Option<Parent>, samples: impl FnOnce(u128) -> bool) -> TraceContext {
    // The thread's own generator, seeded by the system: no system call for each request.
    match parent {
        Some(parent) => TraceContext::under(parent, rand::random()),
        None => {
            let mut root = TraceContext::root(rand::random(), rand::random(), false);
            root.sampled = samples(root.trace_id);
            root
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_header_that_comes_twice_is_none() {
        let mut headers = HeaderMap::new();
        headers.append(HeaderName::from_static(TRACEPARENT), HeaderValue::from_static(GOOD));
        assert!(parent_of(&headers).is_some());
        headers.append(HeaderName::from_static(TRACEPARENT), HeaderValue::from_static(GOOD));
        assert_eq!(parent_of(&headers), None);
    }

    #[test]
    fn the_caller_decides_whether_its_trace_is_recorded() {
        let span = new_span(Parent::parse(GOOD), |_| panic!("the caller has decided"));
        assert!(span.sampled);
        let (one, other) = (new_span(None, |_| false), new_span(None, |_| true));
        assert!(!one.sampled && other.sampled && one.trace_id != other.trace_id);
    }
}
