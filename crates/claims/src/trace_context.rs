//! The header `traceparent` of W3C Trace Context: strict parsing, and writing.

use std::fmt;

/// The header that carries a trace from service to service (W3C Trace Context §3.2).
pub const TRACEPARENT: &str = "traceparent";

/// Flag bit of a trace that its first service records (§3.2.2.4).
const SAMPLED: u8 = 1;

/// The caller's span, from the header `traceparent`.
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
    /// Reads a `traceparent` (§3.2). `None` for text that does not have exactly the standard's form. Of a later
    /// version, the part that this version knows is read (§4.3).
    #[must_use]
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
}

/// Hexadecimal digits in lower case only: `from_str_radix` would also accept others and a sign.
fn hex(text: &str, length: usize) -> Option<u128> {
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if digits && text.len() == length { u128::from_str_radix(text, 16).ok() } else { None }
}

/// One span: a request that is served, or a call that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace it belongs to; never 0.
    pub trace_id: u128,
    /// Its own id; never 0.
    pub span_id: u64,
    /// The span that caused it.
    pub parent: Option<u64>,
    /// Whether the trace is recorded.
    pub sampled: bool,
}

impl TraceContext {
    /// A span in its caller's trace. The ids here and in [`TraceContext::root`] are random numbers; one bit of each is
    /// set, because 0 is not a valid id.
    #[must_use]
    pub fn under(parent: Parent, random_span: u64) -> Self {
        let Parent { trace_id, span_id, sampled } = parent;
        Self { trace_id, span_id: random_span | 1, parent: Some(span_id), sampled }
    }

    /// The first span of a new trace.
    #[must_use]
    pub fn root(random_trace: u128, random_span: u64, sampled: bool) -> Self {
        let (trace_id, span_id) = (random_trace | 1 << 127, random_span | 1);
        Self { trace_id, span_id, parent: None, sampled }
    }
}

/// The `traceparent` of the calls that this span makes.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = if self.sampled { SAMPLED } else { 0 };
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace_id, self.span_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_example_of_the_standard_is_read() {
        let parent = Parent::parse(GOOD).unwrap();
        assert_eq!(parent.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!(parent.span_id, 0x00f0_67aa_0ba9_02b7);
        assert!(parent.sampled);
        // Level 2 adds a flag; unknown ones are passed over.
        assert!(!Parent::parse(&GOOD.replace("-01", "-02")).unwrap().sampled);
        assert!(Parent::parse(&GOOD.replace("-01", "-ff")).unwrap().sampled);
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        for good in ["01-X", "cc-X", "cc-X-what-comes-later", "fe-X-"] {
            let text = good.replace('X', &GOOD[3..]);
            assert!(Parent::parse(&text).is_some(), "{text}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        let bad = [
            "".to_owned(),
            "00".to_owned(),
            format!("{GOOD}-"),
            format!("{GOOD}-00"),
            format!("{GOOD}0"),
            format!(" {GOOD}"),
            format!("{GOOD} "),
            GOOD.to_uppercase(),
            GOOD.replacen("00-", "ff-", 1),
            GOOD.replacen("00-", "0x-", 1),
            format!("cc{}x", &GOOD[2..]),
            GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            GOOD.replace("4bf9", "+bf9"),
            GOOD.replace("4bf9", "4b-9"),
            GOOD.replace("-01", "-0g"),
            GOOD.replace("4bf9", "4bé9"),
            GOOD.replace('-', "_"),
        ];
        for text in bad {
            assert_eq!(Parent::parse(&text), None, "{text:?}");
        }
    }

    #[test]
    fn a_span_stays_in_its_callers_trace_and_follows_its_sampling() {
        let parent = Parent::parse(GOOD);
        let span = TraceContext::under(parent.unwrap(), 7);
        assert_eq!(
            (span.trace_id, span.parent),
            (parent.unwrap().trace_id, Some(0xf0_67aa_0ba9_02b7))
        );
        assert!(span.sampled && Some(span.span_id) != span.parent);
        // What it sends is what others read.
        let read = Parent::parse(&span.to_string()).unwrap();
        let same = Parent { trace_id: span.trace_id, span_id: span.span_id, sampled: true };
        assert_eq!(read, same);
    }

    #[test]
    fn a_root_span_has_no_parent_and_says_whether_it_is_recorded() {
        let (one, other) = (TraceContext::root(1, 1, false), TraceContext::root(2, 1, true));
        assert!(one.trace_id != other.trace_id && one.parent.is_none());
        assert!(one.to_string().ends_with("-00") && other.to_string().ends_with("-01"));
        assert!(Parent::parse(&one.to_string()).is_some());
    }
}
