//! Bind, run, and drain.

mod connections;
mod drain;
mod keep_alive;
mod run;
mod signals;

pub use drain::Drain;
pub use keep_alive::KeepAlive;
pub use run::{Running, ServerOptions, run};
pub use signals::stop_signal;
