//! From a request to a verified caller: the steps that all extractors share.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::HttpRequest;
use actix_web::web::Data;

use super::authorization_header::bearer_token;
use super::{AuthError, Authenticator, Caller};
use crate::{AccessToken, Rejection, VerifyError};

/// Turns the verifier's answer into the extractor's value.
pub(super) type Decide<T> =
    fn(Result<Caller, VerifyError>, &dyn Authenticator) -> Result<T, VerifyError>;

/// The future that all extractors return. It is ready at once unless a key set has to be fetched.
pub struct Extraction<T>(State<T>);

enum State<T> {
    Ready(Option<Result<T, AuthError>>),
    Waiting(Pin<Box<dyn Future<Output = Result<T, AuthError>>>>),
}

// Moving this value is safe: the waiting future is pinned in a box of its own.
impl<T> Unpin for Extraction<T> {}

impl<T> Future for Extraction<T> {
    type Output = Result<T, AuthError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(answer) => answer.take().map_or(Poll::Pending, Poll::Ready),
            State::Waiting(future) => future.as_mut().poll(cx),
        }
    }
}

impl<T: 'static> Extraction<T> {
    pub(super) fn start(request: &HttpRequest, decide: Decide<T>) -> Self {
        let Some(data) = request.app_data::<Data<dyn Authenticator>>() else {
            tracing::error!("no claims::actix::Authenticator is registered as application data");
            return Self(State::Ready(Some(Err(AuthError::no_authenticator()))));
        };
        let token = match bearer_token(request.headers()) {
            Ok(Some(token)) => token,
            Ok(None) => {
                return Self::ready(Err(Rejection::MissingAuthorization.into()), data, decide);
            }
            Err(rejection) => return Self::ready(Err(rejection.into()), data, decide),
        };
        match data.try_authenticate(token) {
            Some(answer) => Self::ready(answer, data, decide),
            None => Self::waiting(token.to_owned(), Arc::clone(data), decide),
        }
    }

    fn ready(
        answer: Result<AccessToken, VerifyError>,
        authenticator: &Data<dyn Authenticator>,
        decide: Decide<T>,
    ) -> Self {
        Self(State::Ready(Some(conclude(answer, authenticator.get_ref(), decide))))
    }

    fn waiting(token: String, authenticator: Arc<dyn Authenticator>, decide: Decide<T>) -> Self {
        Self(State::Waiting(Box::pin(async move {
            let answer = authenticator.authenticate(token).await;
            conclude(answer, authenticator.as_ref(), decide)
        })))
    }
}

fn conclude<T>(
    answer: Result<AccessToken, VerifyError>,
    authenticator: &dyn Authenticator,
    decide: Decide<T>,
) -> Result<T, AuthError> {
    decide(answer.map(Caller::new), authenticator)
        .map_err(|error| AuthError::new(error, authenticator.fresh_ttl()))
}
