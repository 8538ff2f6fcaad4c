//! Documents for verifiers and clients: the key set, the metadata, the revocation feed.

pub(crate) mod get_jwks;
pub(crate) mod get_metadata;
pub(crate) mod get_revoked_sessions;
