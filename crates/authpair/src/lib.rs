//! authpair: both services on one machine.
//!
//! # Layout
//!
//! | module | its job |
//! |---|---|
//! | [`both`] | two values of one kind, one for each service |
//! | [`cli`] | `cargo run`: the pair; or one service alone |
//! | [`pair`] | both services in one process, ready or not started at all |
//! | [`walkthrough`] | commands to paste after `cargo run` |
//! | [`web`] | serves the example front end, if it is built |

pub mod both;
pub mod cli;
pub mod pair;
#[cfg(test)]
mod settings_page;
pub mod walkthrough;
pub mod web;
