//! `traceparent`: read strictly, made cheaply.

use std::fmt;

use actix_web::http::header::HeaderMap;

const TRACEPARENT: &str = "traceparent";

/// Flag bit of a trace that its first service records (§3.2.2.4).
const SAMPLED: u8 = 1;

/// Who called, as `traceparent` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The trace; never 0.
    pub trace_id: u128,
    /// The caller's span in it; never 0.
    pub span_id: u64,
    /// Whether the caller records the trace.
    pub sampled: bool,
}

impl Parent {
    /// Reads a `traceparent` (§3.2). `None` for anything that is not exactly as the standard has it; of a later
    /// version the part that this one knows is read (§4.3).
    pub fn parse(text: &str) -> Option<Self> {
        // 2 + 1 + 32 + 1 + 16 + 1 + 2 ASCII characters; more only in a later version, after a hyphen.
        let (known, rest) = text.split_at_checked(55)?;
        let mut parts = known.split('-');
        let version = hex(parts.next()?, 2)?;
        let (trace_id, span_id) = (hex(parts.next()?, 32)?, hex(parts.next()?, 16)?);
        let flags = hex(parts.next()?, 2)?;
        let whole = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.is_empty() || rest.starts_with('-'),
        };
        let span_id = u64::try_from(span_id).ok()?;
        if !whole || parts.next().is_some() || trace_id == 0 || span_id == 0 {
            return None;
        }
        Some(Self { trace_id, span_id, sampled: flags & u128::from(SAMPLED) != 0 })
    }

    /// The caller of a request. A header that comes twice is none (§4.3).
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut sent = headers.get_all(TRACEPARENT);
        match (sent.next(), sent.next()) {
            (Some(one), None) => Self::parse(one.to_str().ok()?),
            _ => None,
        }
    }
}

/// The `tracestate` that came with a `traceparent` (§3.3): its lines as one. What cannot be one is nothing.
pub(crate) fn state(headers: &HeaderMap) -> String {
    let lines: Option<Vec<_>> =
        headers.get_all("tracestate").map(|line| line.to_str().ok()).collect();
    lines.unwrap_or_default().join(",")
}

/// Lower case only, and nothing that `from_str_radix` would forgive.
fn hex(text: &str, length: usize) -> Option<u128> {
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if digits && text.len() == length { u128::from_str_radix(text, 16).ok() } else { None }
}

/// One span: a request that is served, or a call that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace it belongs to.
    pub trace_id: u128,
    /// Its own id.
    pub span_id: u64,
    /// The span that caused it.
    pub parent: Option<u64>,
    /// Whether the trace is recorded.
    pub sampled: bool,
}

impl TraceContext {
    /// A span under its caller's; or, where nobody told of one, the first of a new trace, of which `samples`
    /// says whether it is recorded.
    pub fn new(parent: Option<Parent>, samples: impl FnOnce(u128) -> bool) -> Self {
        // A thread's own generator, seeded by the system: no system call a request. `| 1` keeps 0 away, which
        // is no id, at the price of one bit.
        let span_id = rand::random::<u64>() | 1;
        match parent {
            Some(Parent { trace_id, span_id: parent, sampled }) => {
                Self { trace_id, span_id, parent: Some(parent), sampled }
            }
            None => {
                let trace_id = rand::random::<u128>() | 1 << 127;
                Self { trace_id, span_id, parent: None, sampled: samples(trace_id) }
            }
        }
    }
}

/// As `traceparent` for the calls that this span makes.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = if self.sampled { SAMPLED } else { 0 };
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace_id, self.span_id)
    }
}

#[cfg(test)]
mod tests;
