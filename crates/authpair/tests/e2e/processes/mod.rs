//! Several processes at once, and processes that are stopped or killed.

mod kill_9;
mod races;
mod signals;
mod two_of_each;
