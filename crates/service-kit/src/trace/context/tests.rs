use actix_web::http::header::{HeaderName, HeaderValue};

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
fn a_header_that_comes_twice_is_none() {
    let mut headers = HeaderMap::new();
    headers.append(HeaderName::from_static(TRACEPARENT), HeaderValue::from_static(GOOD));
    assert!(Parent::of(&headers).is_some());
    headers.append(HeaderName::from_static(TRACEPARENT), HeaderValue::from_static(GOOD));
    assert_eq!(Parent::of(&headers), None);
}

#[test]
fn a_span_stays_in_its_callers_trace_and_follows_its_sampling() {
    let parent = Parent::parse(GOOD);
    let span = TraceContext::new(parent, |_| panic!("the caller has decided"));
    assert_eq!((span.trace_id, span.parent), (parent.unwrap().trace_id, Some(0xf0_67aa_0ba9_02b7)));
    assert!(span.sampled && Some(span.span_id) != span.parent);
    // What it sends is what others read.
    let read = Parent::parse(&span.to_string()).unwrap();
    let same = Parent { trace_id: span.trace_id, span_id: span.span_id, sampled: true };
    assert_eq!(read, same);
}

#[test]
fn without_a_caller_each_span_begins_a_trace_of_its_own() {
    let (one, other) = (TraceContext::new(None, |_| false), TraceContext::new(None, |_| true));
    assert!(one.trace_id != other.trace_id && one.parent.is_none());
    assert!(one.to_string().ends_with("-00") && other.to_string().ends_with("-01"));
    assert!(Parent::parse(&one.to_string()).is_some());
}
