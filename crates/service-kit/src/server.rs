//! Bind, run, and drain.

mod drain;
mod last_call;
mod run;

pub use drain::Drain;
pub use run::{Running, ServerOptions, run, stop_signal};
