//! What the hasher says, and that it stays within its bounds whatever happens around it.

mod bounds;
mod engines;
mod fairness;
mod support;
mod verdicts;
