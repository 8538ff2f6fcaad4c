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
/// With feature `remote`, `claims::remote::RemoteVerifier` is one. A service that
/// holds the keys itself writes its own.
pub trait Authenticator: Send + Sync + 'static {
    /// Answers if that takes no waiting; `None` sends the caller to
    /// [`authenticate`](Self::authenticate).
    fn try_authenticate(&self, token: &str) -> Option<Result<AccessToken, VerifyError>>;

    /// Answers, if need be after waiting.
    fn authenticate(&self, token: String) -> AuthFuture<'_>;

    /// The wall clock, in Unix seconds.
    fn now(&self) -> i64;

    /// For how many seconds after `auth_time` a fresh token counts as fresh.
    fn fresh_ttl(&self) -> i64;
}

/// Wraps a verifier as the application data that the extractors look for.
pub fn authenticator(verifier: impl Authenticator) -> Data<dyn Authenticator> {
    let shared: Arc<dyn Authenticator> = Arc::new(verifier);
    Data::from(shared)
}
