//! Requests with a password in them: each takes a place in front of the hashing threads.
//!
//! Whether there is a place for its party is checked before the body is read. The place itself is taken when the body is
//! here: otherwise 64 connections that never send their body would keep everybody behind the same address, or the owner
//! of a stolen session, from signing in.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use claims::actix::{AuthError, FreshCaller, UserCaller};
use service_kit::{
    http::client_address,
    input::{FromFields, JsonBody},
    problem::Problem,
};

use super::problems;
use crate::{
    accounts::hashing::{HashingError, Party, Place},
    state::State,
    throttle::{AccountKey, Source},
};

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, actix_web::Error>>>>;

/// The body of a request by somebody who has proven nothing yet, with a place of the address it came from.
///
/// 503 `overloaded` when that address has its share of the places.
pub struct Admitted<T> {
    /// The place.
    pub place: Place,
    /// The body.
    pub body: T,
}

impl<T: FromFields + 'static> FromRequest for Admitted<T> {
    type Error = actix_web::Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let checked = check_source(request);
        let body = JsonBody::<T>::from_request(request, payload);
        Box::pin(async move {
            let (state, party) = checked?;
            let body = body.await?.0;
            Ok(Self { place: admit(&state, party)?, body })
        })
    }
}

/// The body of a request inside a session, with a place of that session: so strangers at the same address, however
/// many there are, do not keep users from what they do inside their sessions, and whoever holds a token of one session
/// does not keep its user from using another.
///
/// The refusals of `C`; then 503 `overloaded` when the session has its share of the places.
pub struct AdmittedInSession<C, T> {
    /// Who calls.
    pub caller: C,
    /// The place.
    pub place: SessionPlace,
    /// The body.
    pub body: T,
}

/// A place of a session.
pub struct SessionPlace {
    /// The place.
    pub place: Place,
    /// The account whose password is tried.
    pub account: AccountKey,
}

/// A caller that is a person.
pub trait User {
    /// The user's id.
    fn id(&self) -> &str;
    /// The session's id.
    fn session(&self) -> &str;
}

impl User for UserCaller {
    fn id(&self) -> &str {
        self.user_id()
    }

    fn session(&self) -> &str {
        self.session_id()
    }
}

impl User for FreshCaller {
    fn id(&self) -> &str {
        self.user_id()
    }

    fn session(&self) -> &str {
        self.session_id()
    }
}

impl<C, T> FromRequest for AdmittedInSession<C, T>
where
    C: FromRequest<Error = AuthError> + User + 'static,
    T: FromFields + 'static,
{
    type Error = actix_web::Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = C::from_request(request, payload);
        let body = JsonBody::<T>::from_request(request, payload);
        let state = state(request).cloned();
        Box::pin(async move {
            let caller = caller.await?;
            let state = state?;
            let account = state.account_keys.of_user(caller.id());
            let session = state.account_keys.of_session(caller.session());
            let party = Party::Session { user: account, session: Some(session) };
            check(&state, party)?;
            let body = body.await?.0;
            let place = SessionPlace { place: admit(&state, party)?, account };
            Ok(Self { caller, place, body })
        })
    }
}

/// The address that calls, if it may take a place.
fn check_source(request: &HttpRequest) -> Result<(Data<State>, Party), Problem> {
    let state = state(request)?;
    let address = client_address(request, &state.settings.trusted_proxies);
    let party = Party::Source(Source::of(address));
    check(state, party)?;
    Ok((state.clone(), party))
}

fn check(state: &State, party: Party) -> Result<(), Problem> {
    state.hasher.may_admit(party).map_err(|error| refused(state, error))
}

fn admit(state: &State, party: Party) -> Result<Place, Problem> {
    state.hasher.admit(party).map_err(|error| refused(state, error))
}

fn refused(state: &State, error: HashingError) -> Problem {
    state.counts.hash_refused(&error);
    problems::hashing(error)
}

fn state(request: &HttpRequest) -> Result<&Data<State>, Problem> {
    request.app_data::<Data<State>>().ok_or_else(|| Problem::internal("no state"))
}
