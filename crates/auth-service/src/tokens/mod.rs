//! The signing keys: one key that signs, and the folder that keeps them.

pub mod key_files;
pub mod signing_key;
