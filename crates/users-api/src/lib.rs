//! users-api: shows users to callers with a verified access token.
//!
//! It needs only two things from auth-service, the public keys and the revocation list: tokens are checked in
//! memory. It reads one view of the database and never writes.
//!
//! # Layout
//!
//! | module | its job |
//! |---|---|
//! | [`routes`] | the whole API on one page |
//! | `endpoints` | one file per endpoint; only these combine the other modules |
//! | [`users`] | what a user looks like from outside; pages, cursors, the name filter, totals, links |
//! | [`store`] | all SQL: the view `public_users` |
//! | [`readiness`] | the checks of `/readyz` |
//! | `openapi` | the OpenAPI document |
//! | [`metrics`] | the metrics of `/metrics` |
//! | [`state`] | what the endpoints share |
//! | `tracer` | spans of the calls to auth-service |
//! | [`settings`] | every setting with its default |
//! | [`service`] | build, run, stop |
//! | [`cli`] | `users-api [--config FILE] [serve\|config]` |
//!
//! A request walks: route table → extractor (proves the caller, parses the query) → handler → a module of
//! `users` → `store` → response.

pub mod cli;
mod endpoints;
pub mod metrics;
pub mod openapi;
pub mod readiness;
pub mod routes;
pub mod service;
pub mod settings;
pub mod state;
pub mod store;
#[cfg(test)]
mod testing;
mod tracer;
pub mod users;
