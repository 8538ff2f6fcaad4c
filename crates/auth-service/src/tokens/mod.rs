//! What is signed, and with what.

mod issue;
mod key_files;
mod keyring;
mod rotation;
pub mod schedule;
mod signing_key;

pub use issue::{AccessGrant, Issuer, RefreshGrant, ServiceGrant, Signer};
pub use key_files::{KeyFolder, KeyFolderError};
pub use keyring::{Keyring, Keys, KeysAway, MissingKey};
pub use rotation::Rotation;
pub use signing_key::{SigningKey, SigningKeyError};
