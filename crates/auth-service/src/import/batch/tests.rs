//! Tests of what a batch writes, and of its conflicts.

mod conflicts;
mod support;
mod writes;
