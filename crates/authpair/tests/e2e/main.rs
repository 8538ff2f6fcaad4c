//! End-to-end tests: real services over real HTTP, on SQLite and on PostgreSQL.
//!
//! # Layout
//!
//! Each folder holds the tests of one behaviour; `support/` holds what several of them use. `#[on_both]` runs a test on
//! each database (`backends.rs`). Where PostgreSQL or another program is missing, tests that need it say so and pass; with
//! `TEST_POSTGRES_REQUIRED` set they fail, if `.ci/run` installs that program.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

mod accounts;
mod administration;
mod audit;
mod backends;
mod cookies;
mod databases;
mod failure;
mod feed;
mod http;
mod import_export;
mod keys;
mod mail;
mod oauth;
mod operations;
mod processes;
mod refresh;
mod rights;
mod sessions;
mod support;
mod throttle;
mod tokens;
mod users;

pub(crate) use authpair_testkit::on_both;

pub(crate) use self::backends::program;
