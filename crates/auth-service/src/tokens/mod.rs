//! Signing keys and their rotation, and the claims of the tokens that they sign.

mod activation_delay;
mod key_folder;
mod key_list;
mod keyring;
mod rotation;
pub mod schedule;
mod signing_key;
mod token_signer;
mod verifiers;

pub use key_folder::{KeyFolder, KeyFolderError};
pub use key_list::{KeyState, ListedKey, list_keys};
pub use keyring::{KeySnapshot, Keyring, MissingKey, SigningKeyUnavailable};
pub use rotation::KeyRotation;
pub use signing_key::{SigningKey, SigningKeyError};
pub use token_signer::{
    AccessTokenParams, ActiveKeySigner, RefreshTokenParams, ServiceTokenParams, TokenSigner,
};
pub use verifiers::{VerifierReport, purge_reports, record_report};

/// The audience of tokens for auth-service itself.
pub const OWN_AUDIENCE: &str = "auth-service";
