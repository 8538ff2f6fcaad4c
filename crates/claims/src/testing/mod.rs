//! For tests of a service that trusts these tokens: keys, good and bad tokens, and an issuer
//! whose answers the test chooses.
//!
//! **Never enable this feature in production**: the private keys in it are public.
//!
//! Signing is done by `jsonwebtoken`, so that tokens come from another implementation than the one
//! that verifies them.

mod answer;
mod issuer;
mod keys;
mod server;
mod state;
mod token;

pub use answer::Answer;
pub use issuer::FakeIssuer;
pub use keys::{TestKey, jwk_set, key_set};
pub use server::RecordedRequest;
pub use token::TokenBuilder;
