//! The calling user, with typed ids from the token.

use std::{future::Future, marker::PhantomData, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use claims::{
    Rejection, VerifyError,
    actix::{AuthError, FreshCaller, UserCaller},
};
use service_kit::ids::{SessionId, UserId};

use super::user_context;
use crate::{audit::Event, state::State};

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
        let request = request.clone();
        Box::pin(async move {
            let verified = match verified.await {
                Ok(verified) => verified,
                Err(error) => {
                    audit_if_not_fresh(&request, &error).await;
                    return Err(error);
                }
            };
            let claims = verified.claims();
            Ok(Self {
                user_id: UserId::from_trusted(claims.user_id().to_owned()),
                session_id: SessionId::from_trusted(claims.session_id().to_owned()),
                verified_by: PhantomData,
            })
        })
    }
}

/// Adds an audit entry about a call of a user whose token is valid but not fresh.
async fn audit_if_not_fresh(request: &HttpRequest, error: &AuthError) {
    if error.verify_error() != Some(VerifyError::Rejected(Rejection::NotFresh)) {
        return;
    }
    let caller = SignedInUser::from_request(request, &mut Payload::None).await;
    if let (Ok(caller), Some(state)) = (caller, request.app_data::<Data<State>>()) {
        let context = user_context(request, state, &caller.user_id);
        let refused = context.refused(Event::CallRefused, "fresh_token_required");
        state.refused_calls.add(refused.about_user(&caller.user_id).in_session(&caller.session_id));
    }
}
