//! HTTP in and out: one file a verb, with its request, its response and its handler.
//!
//! A handler reads the request, calls a domain function and maps the result. No endpoint uses another one; what they
//! share is in [`crate::http`].

pub mod accounts;
pub mod discovery;
pub mod oauth;
pub mod sessions;
