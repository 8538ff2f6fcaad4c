//! jwks_client
