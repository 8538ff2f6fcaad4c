//! Verifying with keys and revocations fetched from the issuer, and tokens for calling others.
//!
//! * [`RemoteVerifier`] keeps an issuer's key set (RFC 7517) and follows its list of revoked
//!   sessions and changed rights, both in the background: a token with a known key is verified without the network.
//! * [`TokenSource`] gets access tokens for a service account (RFC 6749 §4.4).

mod backoff;
mod builder;
mod client_credentials;
mod fetch_limiter;
mod http;
mod jwks;
mod jwks_refresh_task;
mod key_cache;
mod revocation_poller;
mod revocations;
mod revoked_set;
mod rights_versions;
mod timing;
mod token_source;
mod trace;
mod verifier;
mod verifier_status;

pub use builder::{BuildError, RemoteVerifierBuilder};
pub use client_credentials::TokenSourceError;
pub use revoked_set::RevokedSet;
pub use rights_versions::RightsVersions;
pub use timing::Timing;
pub use token_source::TokenSource;
pub use trace::{CallTracer, TracedCall};
pub use verifier::RemoteVerifier;
pub use verifier_status::{FeedStatus, KeysStatus, NotReady, RemoteStatus};
