//! Which request is which, from service to service: W3C Trace Context, level 1 and 2.

mod context;

pub use context::{Parent, TraceContext};
