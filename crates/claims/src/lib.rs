//! What an access token says and who may accept it.

mod access;
mod decode;
mod header;
mod json;
mod jwk;
mod key_set;
mod policy;
mod rejection;
mod scopes;
mod verify;
mod verifying_key;

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "remote")]
pub mod remote;
#[cfg(feature = "testing")]
pub mod testing;

pub use access::{AccessClaims, AccessToken, FIRST_PARTY, RefreshClaims, RefreshToken};
pub use header::TokenUse;
pub use jwk::{Jwk, JwkSet, thumbprint};
pub use key_set::{KeySet, KeySetError};
pub use policy::{Claim, LEEWAY_SECONDS, Policy};
pub use rejection::{Refusal, Rejection};
pub use scopes::{InvalidScope, Scopes, scope};
pub use verify::{MAX_TOKEN_BYTES, UnverifiedToken, verify_access, verify_refresh};
pub use verifying_key::{UnfitKey, VerifyingKey};
