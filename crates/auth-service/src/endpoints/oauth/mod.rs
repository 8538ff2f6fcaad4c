//! OAuth 2.0 for service accounts (RFC 6749, 7009, 7662). Errors have the bodies of RFC 6749 §5.2. Errors that are
//! found before the client is known, and an unavailable dependency, have the error bodies of the rest of the service.

pub(crate) mod post_introspect;
pub(crate) mod post_revoke;
pub(crate) mod post_token;
