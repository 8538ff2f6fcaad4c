//! auth-service: owns users, sessions and service accounts, and signs the tokens.
//!
//! # Layout
//!
//! | module | its job |
//! |---|---|
//! | `routes` | the whole API on one page |
//! | `endpoints` | one file for each verb: request, response, handler |
//! | `http` | what endpoints share: errors, cookies, CSRF, credentials |
//! | [`cli`] | the command line: the same verbs, over the same domain functions |
//! | [`accounts`] | users: register, check a password, log in, change, disable, delete; password hashing |
//! | [`import`] | moving users in and out: files of other systems and of this one |
//! | [`sessions`] | how sessions start, are refreshed and revoked; the revocation feed |
//! | [`clients`] | service accounts |
//! | [`tokens`] | signing keys, their rotation, and the tokens that they sign |
//! | [`audit`] | the audit log: who changed what, and what was refused |
//! | [`mail`] | e-mail: links, texts, the outbox, the sender |
//! | [`throttle`] | rate limits, and the addresses and accounts that they count |
//! | `jobs` | background jobs |
//! | [`store`] | all SQL, grouped by table |
//! | [`scopes`], `lifetimes` | which scopes may be given; how long tokens and sessions live |
//! | `metrics`, `readiness`, `openapi` | `/metrics`, `/readyz`, `/openapi.json` |
//! | [`secrets_key`] | the key from which all secret keys are derived, except the signing keys and the CSRF key |
//! | `cursor_key` | signs the cursors of lists, so that clients cannot make one |
//! | [`settings`], [`state`], [`service`] | the settings; what requests share; start and stop |
//!
//! Layers: `endpoints`, `cli` and `jobs` call the domain modules (`accounts`, `sessions`, `clients`, `tokens`,
//! `audit`), and these call `store`. Domain modules know no HTTP.

pub mod accounts;
pub mod audit;
pub mod cli;
pub mod clients;
mod cursor_key;
mod endpoints;
mod http;
pub mod import;
mod jobs;
mod lifetimes;
pub mod mail;
mod metrics;
mod openapi;
mod readiness;
mod routes;
pub mod scopes;
pub mod secrets_key;
pub mod service;
pub mod sessions;
pub mod settings;
pub mod state;
pub mod store;
pub mod throttle;
pub mod tokens;
