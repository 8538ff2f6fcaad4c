//! Signing keys and their rotation, and the claims of the tokens that they sign.

mod key_files;
mod keyring;
mod rotation;
pub mod schedule;
mod signing_key;
mod token_signer;

pub use key_files::{KeyFolder, KeyFolderError};
pub use keyring::{Keyring, Keys, MissingKey, SigningKeyUnavailable};
pub use rotation::Rotation;
pub use signing_key::{SigningKey, SigningKeyError};
pub use token_signer::{
    AccessTokenParams, ActiveKeySigner, RefreshTokenParams, ServiceTokenParams, TokenSigner,
};
