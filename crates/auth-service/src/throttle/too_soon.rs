//! The error of a limit.

/// Too many calls. The whole seconds after which the next one is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TooSoon(pub u64);
