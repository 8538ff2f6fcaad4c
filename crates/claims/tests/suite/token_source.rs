//! token_source
