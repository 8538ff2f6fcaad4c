//! The caller of a route for administrators.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use claims::actix::{AuthError, FreshCaller, UsersAdmin, WithScope};

/// A caller with the scope `users:admin`: a person who gave the password within the last minutes, or a service account.
///
/// Refuses with 403 `insufficient_scope`, and people with 401 `fresh_token_required`.
#[derive(Debug)]
pub(crate) struct AdminCaller;

impl FromRequest for AdminCaller {
    type Error = AuthError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, AuthError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = WithScope::<UsersAdmin>::from_request(request, payload);
        let fresh = FreshCaller::from_request(request, payload);
        Box::pin(async move {
            let caller = caller.await?;
            // A service account has no session, and its secret is shown for each token.
            if caller.session_id().is_some() || caller.user_id().is_ok() {
                fresh.await?;
            }
            Ok(Self)
        })
    }
}
