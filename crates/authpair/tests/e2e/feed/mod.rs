//! The feed of revocations: polls, access, order, and databases that lose the last commits.

mod access;
mod order;
mod polls;
mod restored_database;
mod slow_transactions;
