//! The crate's behaviour, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod claims_rules;
mod common;
mod contested_keys;
mod extractor_app;
mod extractors;
mod hostile_headers;
mod hostile_shapes;
mod jwks_attacks;
mod jwks_client;
mod key_sets;
mod other_issuers;
mod properties;
mod revocation_outages;
mod revocations;
mod rights;
mod signature_cache;
mod third_service;
mod times;
mod token_source;
mod traces;
mod unknown_kids;
