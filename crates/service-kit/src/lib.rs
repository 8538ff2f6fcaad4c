//! Shared building blocks of the services: settings, HTTP, errors, logs, metrics. (It depends on `claims` for the wire
//! formats of errors and trace context.)
//!
//! # Layout
//!
//! | module | its job |
//! |---|---|
//! | [`cli`], [`start`] | the command line: arguments, exit codes, serving until a signal; why a start fails |
//! | [`clock`] | the one clock; time is an argument everywhere else |
//! | [`settings`] | defaults < TOML < `.env` < environment; an error names the setting that is invalid or unknown |
//! | [`problem`] | error responses: RFC 9457 `application/problem+json` |
//! | [`ids`], [`unix_time`] | ids and times as types |
//! | `columns` | feature `diesel`: the SQL types of ids and times |
//! | [`unique_json`] | JSON from outside whose objects repeat no member |
//! | [`input`] | bodies and queries as named fields, each error reported under its field |
//! | [`http`] | route builder, request middleware, client address, CORS, connection watchdog |
//! | [`health`] | `/healthz` and `/readyz` |
//! | [`server`] | bind, run, and drain on a signal |
//! | [`call_budget`] | how long one request may wait for the calls it makes |
//! | [`logging`] | logs: text on a terminal, JSON otherwise |
//! | [`output`] | standard output of commands |
//! | [`text_key`] | the key by which texts such as names are compared |
//! | [`timestamp`] | times as RFC 3339 |
//! | [`trace`] | traces across services (W3C Trace Context) and their export |
//! | [`private_files`] | files and folders that only their owner can read |
//! | [`openapi`] | `/openapi.json`, `/docs`, and the error responses that operations share |
//! | [`metrics`] | Prometheus metrics on a listener of their own |
//! | [`worker_pool`] | threads for work that blocks, fed by a bounded queue |
//! | [`version()`] | which build this is |

pub mod call_budget;
pub mod cli;
pub mod clock;
#[cfg(feature = "diesel")]
pub mod columns;
pub mod health;
pub mod http;
pub mod ids;
pub mod input;
pub mod logging;
pub mod metrics;
pub mod openapi;
pub mod output;
pub mod private_files;
pub mod problem;
pub mod server;
pub mod settings;
pub mod start;
pub mod text_key;
pub mod timestamp;
pub mod trace;
pub mod unique_json;
pub mod unix_time;
mod version;
pub mod worker_pool;

pub use version::version;
