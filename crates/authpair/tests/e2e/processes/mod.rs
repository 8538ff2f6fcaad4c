//! Several processes at once, and processes that are stopped or killed.

mod kill_9;
mod signals;
mod sigterm_under_load;
mod two_of_each;
