//! Extractors that demand more than a verified token, and extractors that also accept requests without one.

use std::marker::PhantomData;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::{AuthError, Authenticator, Caller, Extraction};
use crate::{Rejection, VerifyError, scope};

/// A person. Service accounts are refused with 403 `user_required`.
///
/// A person's token names a session, so that it can be revoked. Another issuer's token without
/// `sid` is therefore refused here; [`Caller`] accepts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCaller {
    caller: Caller,
    session: String,
}

impl UserCaller {
    /// The user's id.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.caller.sub
    }

    /// The session's id.
    #[must_use]
    pub fn session_id(&self) -> &str {
        &self.session
    }

    fn check(caller: Caller) -> Result<Self, VerifyError> {
        caller.user_id()?;
        let session = caller.session_id().ok_or(Rejection::UserRequired)?.to_owned();
        Ok(Self { caller, session })
    }
}

/// A person whose password was checked less than [`fresh_ttl`](Authenticator::fresh_ttl) seconds ago (RFC 9470).
///
/// Others are refused with 401 `fresh_token_required`, service accounts with 403 `user_required`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreshCaller(UserCaller);

impl FreshCaller {
    fn check(caller: Caller, verifier: &dyn Authenticator) -> Result<Self, VerifyError> {
        let user = UserCaller::check(caller)?;
        if user.is_fresh(verifier.now(), verifier.fresh_ttl()) {
            Ok(Self(user))
        } else {
            Err(Rejection::NotFresh.into())
        }
    }
}

/// A scope known at compile time.
pub trait RequiredScope: 'static {
    /// The scope token.
    const SCOPE: &'static str;
}

/// Scope `users:read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsersRead;

/// Scope `users:email`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsersEmail;

/// Scope `users:admin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsersAdmin;

impl RequiredScope for UsersRead {
    const SCOPE: &'static str = scope::USERS_READ;
}

impl RequiredScope for UsersEmail {
    const SCOPE: &'static str = scope::USERS_EMAIL;
}

impl RequiredScope for UsersAdmin {
    const SCOPE: &'static str = scope::USERS_ADMIN;
}

/// A caller whose token holds the scope `S`. Others are refused with 403 `insufficient_scope`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithScope<S>(Caller, PhantomData<fn() -> S>);

impl<S: RequiredScope> WithScope<S> {
    fn check(caller: Caller) -> Result<Self, VerifyError> {
        if caller.scope.contains(S::SCOPE) {
            Ok(Self(caller, PhantomData))
        } else {
            Err(Rejection::InsufficientScope(S::SCOPE).into())
        }
    }
}

/// A caller, or `None` when the request has no `Authorization` header. A bad token is rejected.
///
/// This type exists because actix-web gives every `Option<T>` a meaning of its own, `None` on any error:
/// `Option<Caller>` would treat a bad token like a missing one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaybeCaller(pub Option<Caller>);

/// A caller, or `None` when the request has no token or a bad one. If the verifier cannot decide,
/// because keys or revocations are missing, the request still gets 503.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LenientCaller(pub Option<Caller>);

impl FromRequest for UserCaller {
    type Error = AuthError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Extraction::start(request, |answer, _| UserCaller::check(answer?))
    }
}

impl FromRequest for FreshCaller {
    type Error = AuthError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Extraction::start(request, |answer, verifier| FreshCaller::check(answer?, verifier))
    }
}

impl<S: RequiredScope> FromRequest for WithScope<S> {
    type Error = AuthError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Extraction::start(request, |answer, _| WithScope::check(answer?))
    }
}

impl FromRequest for MaybeCaller {
    type Error = AuthError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Extraction::start(request, |answer, _| match answer {
            Ok(caller) => Ok(Self(Some(caller))),
            Err(VerifyError::Rejected(Rejection::MissingAuthorization)) => Ok(Self(None)),
            Err(other) => Err(other),
        })
    }
}

impl FromRequest for LenientCaller {
    type Error = AuthError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Extraction::start(request, |answer, _| match answer {
            Ok(caller) => Ok(Self(Some(caller))),
            Err(VerifyError::Rejected(_)) => Ok(Self(None)),
            Err(other) => Err(other),
        })
    }
}

impl Deref for UserCaller {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl Deref for FreshCaller {
    type Target = UserCaller;

    fn deref(&self) -> &UserCaller {
        &self.0
    }
}

impl<S> Deref for WithScope<S> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}
