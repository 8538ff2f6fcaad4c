//! OAuth 2.0 for service accounts (RFC 6749, 7009, 7662). Refusals have the bodies of RFC 6749 §5.2. What is refused
//! before the client is known, and a dependency that is unavailable, has the body of the rest of the service.

pub mod post_introspect;
pub mod post_revoke;
pub mod post_token;
