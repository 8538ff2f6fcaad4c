//! Errors of the key folder.

use std::{io, path::PathBuf};

use service_kit::private_files::FileAccessError;

use crate::tokens::signing_key::SigningKeyError;

/// Why the key folder, or a key in it, cannot be used. Every message names the path.
#[derive(Debug, thiserror::Error)]
pub enum KeyFolderError {
    /// The folder or a file could not be created, read, written or removed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The action that failed: a verb and its object.
        action: &'static str,
        /// The folder or file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The path exists, but is not a folder.
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// Other users than its owner may read or change the file.
    #[error(
        "private key {} has mode {mode:04o}: others may read or change it; chmod 600 it",
        path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file does not contain a key with which this service can sign.
    #[error("private key {} cannot be used: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SigningKeyError,
    },
    /// Another user could read or change the folder, or put a key into it.
    #[error(transparent)]
    FileAccessError(#[from] FileAccessError),
    /// The name of the file is not the id of the key in it.
    #[error("private key {} must be named {kid}.pem, after the key in it", path.display())]
    Misnamed {
        /// The file.
        path: PathBuf,
        /// The id of the key in it (RFC 7638).
        kid: String,
    },
}
