//! The interface between extractors and verifiers.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::web::Data;

use crate::{AccessToken, VerifyError};

/// The future that [`Authenticator::authenticate`] returns. It need not be `Send`.
pub type AuthFuture<'a> = Pin<Box<dyn Future<Output = Result<AccessToken, VerifyError>> + 'a>>;

/// Verifies access tokens for the extractors.
///
/// With feature `remote`, `claims::remote::RemoteVerifier` implements it. A service that
/// holds the keys itself implements it for a type of its own.
pub trait Authenticator: Send + Sync + 'static {
    /// Verifies the token if no waiting is needed; `None` means that
    /// [`authenticate`](Self::authenticate) has to be called.
    fn try_authenticate(&self, token: &str) -> Option<Result<AccessToken, VerifyError>>;

    /// Verifies the token; may wait, for example for a new key set.
    fn authenticate(&self, token: String) -> AuthFuture<'_>;

    /// The wall clock, in Unix seconds.
    fn now(&self) -> i64;

    /// The number of seconds after `auth_time` for which a fresh token counts as fresh (RFC 9470 `max_age`).
    fn fresh_ttl(&self) -> i64;
}

/// Wraps a verifier as the application data that the extractors look for.
pub fn authenticator(verifier: impl Authenticator) -> Data<dyn Authenticator> {
    let shared: Arc<dyn Authenticator> = Arc::new(verifier);
    Data::from(shared)
}
