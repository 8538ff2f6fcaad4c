//! Documents for verifiers and clients: the key set, the metadata, the revocation feed.

pub mod get_jwks;
pub mod get_metadata;
pub mod get_revoked_sessions;
