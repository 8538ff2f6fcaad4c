//! What both services are made of.
//!
//! # Layout
//!
//! | room | its job |
//! |---|---|
//! | [`clock`] | the one clock; time is an argument everywhere else |
//! | [`settings`] | defaults < TOML < `.env` < environment, refused by name when bad or unknown |
//! | [`problem`] | every refusal as RFC 9457 `application/problem+json` |
//! | [`ids`] | UUIDs in one form, as types |
//! | [`input`] | bodies and queries into named fields, with every fault reported under its field |
//! | [`http`] | the route builder, request ids, access log, panics, CORS, connection watchdog |
//! | [`health`] | `/healthz` and `/readyz` |
//! | [`server`] | bind, run, and drain on a signal |
//! | [`call_budget`] | how long one request may wait for the calls it makes |
//! | [`telemetry`] | tracing logs: human on a terminal, JSON otherwise |
//! | [`names`] | the key by which user names are compared |
//! | [`output`] | what commands print |
//! | [`trace`] | which request is which, from service to service (W3C Trace Context) |
//! | [`private_files`] | files and folders for their owner alone |
//! | [`openapi`] | `/openapi.json`, `/docs`, and the refusals that every operation shares |
//! | [`metrics`] | Prometheus metrics on a listener of their own |
//! | [`version()`] | which build this is |

pub mod call_budget;
pub mod clock;

pub mod health;
pub mod http;
pub mod ids;
pub mod input;
pub mod logging;
pub mod metrics;
pub mod names;
pub mod openapi;
pub mod output;
pub mod private_files;
pub mod problem;
pub mod server;
pub mod settings;
pub mod trace;
mod version;

pub use version::version;
