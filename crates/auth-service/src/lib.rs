//! auth-service: owns users and sessions, and signs the tokens.
//!
//! # Layout
//!
//! - [`accounts`]: names, addresses and passwords as parsed types; password hashing.
//! - [`tokens`]: the signing keys and the folder they live in.

pub mod accounts;
pub mod tokens;
