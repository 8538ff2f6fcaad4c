//! The bearer of a verified access token.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::{AuthError, Extraction};
use crate::{AccessToken, Rejection, VerifyError};

/// The bearer of any verified access token: a person or a service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller(AccessToken);

impl Caller {
    pub(super) fn new(token: AccessToken) -> Self {
        Self(token)
    }

    /// The user's id.
    ///
    /// # Errors
    /// [`Rejection::UserRequired`] for a service account.
    pub fn user_id(&self) -> Result<&str, VerifyError> {
        if self.is_person() { Ok(&self.sub) } else { Err(Rejection::UserRequired.into()) }
    }

    /// The session's id; service accounts have none.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// The verified token.
    #[must_use]
    pub fn token(&self) -> &AccessToken {
        &self.0
    }

    /// A person has a session and is not the client itself.
    pub(super) fn is_person(&self) -> bool {
        self.sid.is_some() && !self.is_service_account()
    }
}

impl Deref for Caller {
    type Target = AccessToken;

    fn deref(&self) -> &AccessToken {
        &self.0
    }
}

impl FromRequest for Caller {
    type Error = AuthError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Extraction::start(request, |answer, _| answer)
    }
}
