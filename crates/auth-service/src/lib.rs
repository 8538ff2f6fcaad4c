//! auth-service: owns users, sessions and service accounts, and signs the tokens.
//!
//! # Layout
//!
//! | room | its job |
//! |---|---|
//! | [`routes`] | the whole API on one page |
//! | [`endpoints`] | one file a verb: request, handler, response |
//! | [`accounts`] | names, addresses and passwords as parsed types; password hashing |
//! | [`sessions`] | how sessions start, are refreshed and end; the revocation feed |
//! | [`clients`] | service accounts: their secrets, and what disabling one does |
//! | [`tokens`] | what is signed, with which key, and when keys change |
//! | [`throttle`] | who is counted when tries are bounded |
//! | [`ids`] | the ids of users, sessions and service accounts as types |
//! | [`scopes`] | which scopes may be given out |
//! | [`store`] | all SQL: one file a table |
//! | `openapi`, `status`, [`counts`] | the API, described; what the service says of itself |
//! | `jobs` | what runs in the background |
//! | [`settings`], [`state`], [`service`], [`cli`] | told, shared, run, started |
//!
//! A request walks: route table → extractor (proves the caller, parses the body) → handler → one room → store.

pub mod accounts;
pub mod cli;
pub mod clients;
pub mod endpoints;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod metrics;
mod openapi;
mod readiness;
pub mod routes;
pub mod scopes;
pub mod service;
pub mod sessions;
pub mod settings;
pub mod state;
pub mod store;
pub mod throttle;
pub mod timestamps;
pub mod tokens;
