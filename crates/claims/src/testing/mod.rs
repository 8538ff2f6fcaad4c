//! What tests of a service that trusts these tokens need: keys, tokens good and bad, and an issuer
//! that answers as it is told.
//!
//! **Never enable this feature in production**: the private keys in it are public.
//!
//! Signing is done by `jsonwebtoken`, so that tokens come from another implementation than the one
//! that verifies them.

mod answer;
mod issuer;
mod keys;
mod script;
mod server;
mod token;

pub use answer::Answer;
pub use issuer::FakeIssuer;
pub use keys::{TestKey, jwk_set, key_set};
pub use server::Recorded;
pub use token::TokenBuilder;
