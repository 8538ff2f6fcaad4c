//! jwks_attacks
