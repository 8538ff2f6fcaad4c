//! Extractors for requests with a password: each gets a permit for the hash queue.
//!
//! Before the body is read, the extractor checks that its requester (an address, or a session) can get a permit. It
//! takes the permit after the body was read: otherwise connections that never send their body could hold all permits of
//! one address, and other users behind that address could not log in.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use service_kit::{
    input::{FromFields, JsonBody},
    problem::Problem,
};

use super::{
    ApiError,
    caller::{Caller, VerifiedUser},
    source_limit::source_of,
};
use crate::{
    accounts::{
        SessionPermit,
        hashing::{QueuePermit, Requester},
    },
    state::State,
};

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, actix_web::Error>>>>;

/// The body of an anonymous request, with a hash-queue permit for its address.
///
/// 503 `overloaded` when that address already uses its share of the queue.
pub(crate) struct Admitted<T> {
    /// The permit.
    pub(crate) permit: QueuePermit,
    /// The body.
    pub(crate) body: T,
}

impl<T: FromFields + 'static> FromRequest for Admitted<T> {
    type Error = actix_web::Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let checked = check_source(request);
        let body = JsonBody::<T>::from_request(request, payload);
        Box::pin(async move {
            let (state, requester) = checked?;
            let body = body.await?.0;
            let permit = state.passwords.take_permit(requester).map_err(ApiError::from)?;
            Ok(Self { permit, body })
        })
    }
}

/// The body of a request inside a session, with a hash-queue permit for that session. So a flood of anonymous requests
/// from the same address does not block users inside their sessions, and a thief with a token of one session does not
/// block the user's other sessions.
///
/// Fails as `C` does; then with 503 `overloaded` when the session already uses its share of the queue.
pub(crate) struct AdmittedInSession<C, T> {
    /// The caller.
    pub(crate) caller: Caller<C>,
    /// The permit.
    pub(crate) permit: SessionPermit,
    /// The body.
    pub(crate) body: T,
}

impl<C, T> FromRequest for AdmittedInSession<C, T>
where
    C: VerifiedUser,
    T: FromFields + 'static,
{
    type Error = actix_web::Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::<C>::from_request(request, payload);
        let body = JsonBody::<T>::from_request(request, payload);
        let state = state(request).cloned();
        Box::pin(async move {
            let caller = caller.await?;
            let state = state?;
            let account = state.attempt_keys.of_user(caller.user_id.as_str());
            let session = state.attempt_keys.of_session(caller.session_id.as_str());
            let requester = Requester::Session { user: account, session: Some(session) };
            state.passwords.check_permit(requester).map_err(ApiError::from)?;
            let body = body.await?.0;
            let permit = state.passwords.take_permit(requester).map_err(ApiError::from)?;
            Ok(Self { caller, permit: SessionPermit { permit, account }, body })
        })
    }
}

/// The requester of an anonymous request: its address, if it can get a permit.
fn check_source(request: &HttpRequest) -> Result<(Data<State>, Requester), ApiError> {
    let state = state(request)?;
    let requester = Requester::Source(source_of(request, state));
    state.passwords.check_permit(requester)?;
    Ok((state.clone(), requester))
}

fn state(request: &HttpRequest) -> Result<&Data<State>, Problem> {
    request.app_data::<Data<State>>().ok_or_else(|| Problem::internal("no state"))
}
