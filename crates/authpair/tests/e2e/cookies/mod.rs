//! The refresh token in a cookie, for browsers.

mod csrf;
mod dead_cookies;
mod names;
