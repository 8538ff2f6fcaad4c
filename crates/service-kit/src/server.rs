//! The HTTP server: bind, run, and drain.

mod connections;
mod drain;
mod run;
mod settings;
mod signals;

pub use drain::Drain;
pub(crate) use run::LONGEST_STOP;
pub use run::{RunningServer, run};
pub use settings::{DefaultPorts, HttpSettings, cores};
pub use signals::stop_signal;
