//! Tests of the hasher's results and of its limits.

mod bounds;
mod engines;
mod fairness;
mod foreign;
mod support;
mod verdicts;
#[cfg(target_os = "linux")]
mod wipe;
