//! The endpoints of the API: one file for each verb, with its request, its response and its handler.
//!
//! A handler reads the request, calls a domain function and maps the result. No endpoint uses another one; what they
//! share is in `crate::http`.

pub(crate) mod accounts;
pub(crate) mod admin;
pub(crate) mod discovery;
pub(crate) mod email;
pub(crate) mod oauth;
pub(crate) mod sessions;
