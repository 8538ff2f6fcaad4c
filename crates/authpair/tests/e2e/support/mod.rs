//! What the tests of several folders use.

pub(crate) mod child;
pub(crate) mod command_line;
pub(crate) mod databases;
pub(crate) mod metrics;
pub(crate) mod oauth;
pub(crate) mod passwords;
pub(crate) mod raw_http;
pub(crate) mod sessions;
pub(crate) mod tokens;
