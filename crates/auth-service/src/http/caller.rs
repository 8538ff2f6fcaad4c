//! The calling user, with typed ids from the token.

use std::{future::Future, marker::PhantomData, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use claims::actix::{AuthError, FreshCaller, UserCaller};
use service_kit::ids::{SessionId, UserId};

/// A user whose access token was verified. `C` is the extractor of `claims` that verifies the token and rejects invalid
/// ones.
#[derive(Clone, Debug)]
pub(crate) struct Caller<C> {
    /// The user.
    pub(crate) user_id: UserId,
    /// The session.
    pub(crate) session_id: SessionId,
    verified_by: PhantomData<fn() -> C>,
}

/// A user with a valid access token.
pub(crate) type SignedInUser = Caller<UserCaller>;

/// A user who entered the password less than `AUTH_FRESH_TTL` ago.
pub(crate) type FreshUser = Caller<FreshCaller>;

/// An extractor of `claims` that lets only users in.
pub(crate) trait VerifiedUser: FromRequest<Error = AuthError> + 'static {
    /// The verified claims.
    fn claims(&self) -> &UserCaller;
}

impl VerifiedUser for UserCaller {
    fn claims(&self) -> &UserCaller {
        self
    }
}

impl VerifiedUser for FreshCaller {
    fn claims(&self) -> &UserCaller {
        self
    }
}

impl<C: VerifiedUser> FromRequest for Caller<C> {
    type Error = AuthError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, AuthError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let verified = C::from_request(request, payload);
        Box::pin(async move {
            let verified = verified.await?;
            let claims = verified.claims();
            Ok(Self {
                user_id: UserId::from_trusted(claims.user_id().to_owned()),
                session_id: SessionId::from_trusted(claims.session_id().to_owned()),
                verified_by: PhantomData,
            })
        })
    }
}
