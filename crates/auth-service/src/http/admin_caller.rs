//! The caller of a route for administrators.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use claims::{
    Rejection, Scopes, VerifyError,
    actix::{AuthError, Caller},
    scope::USERS_ADMIN,
};
use service_kit::{
    ids::{ClientId, SessionId, UserId},
    problem::Problem,
};

use super::{ApiError, request_context};
use crate::{
    accounts::{CallerRights, check_grant},
    audit::{Actor, Event, RequestContext},
    state::State,
};

/// A caller with the scope `users:admin`: a person who gave the password within the last minutes, or a service account.
///
/// Refuses with 403 `insufficient_scope`, and people with 401 `fresh_token_required`. Both are audited.
#[derive(Debug)]
pub(crate) struct AdminCaller {
    /// The context of the call.
    pub(crate) context: RequestContext,
    /// The scopes of the caller's token.
    pub(crate) scopes: Scopes,
    /// The rights in a person's token; a service account has none.
    pub(crate) rights: Option<CallerRights>,
    /// The caller's session; a service account has none.
    pub(crate) session_id: Option<SessionId>,
}

impl AdminCaller {
    fn check(request: &HttpRequest, state: &State, caller: &Caller) -> Result<Self, AuthError> {
        let session_id = caller.session_id().map(|id| SessionId::from_trusted(id.to_owned()));
        let is_client = caller.is_service_account() && session_id.is_none();
        let id = caller.sub.clone();
        let (actor, rights) = if is_client {
            (Actor::Client(ClientId::from_trusted(id)), None)
        } else {
            let user_id = UserId::from_trusted(id);
            let rights_version = caller.ver.unwrap_or(0);
            (Actor::User(user_id.clone()), Some(CallerRights { user_id, rights_version }))
        };
        let context = request_context(request, state, actor);
        let fresh = state.settings.lifetimes.fresh.as_secs();
        let fresh = i64::try_from(fresh).unwrap_or(i64::MAX);
        let refused = |rejection: Rejection, reason| {
            state.refused_calls.add(context.refused(Event::AdminRefused, reason));
            AuthError::new(VerifyError::Rejected(rejection), fresh)
        };
        if !caller.scope.contains(USERS_ADMIN) {
            let rejection = Rejection::InsufficientScope(USERS_ADMIN);
            return Err(refused(rejection, "insufficient_scope"));
        }
        // A service account has no session: it sends its secret for each token.
        if !is_client && !caller.is_fresh(state.now().as_i64(), fresh) {
            return Err(refused(Rejection::NotFresh, "not_fresh"));
        }
        Ok(Self { context, scopes: caller.scope.clone(), rights, session_id })
    }

    /// The scopes, if they are known and the caller has them. Otherwise the refused call is audited.
    ///
    /// # Errors
    /// 403 `insufficient_scope`, 400.
    pub(crate) fn grantable(&self, state: &State, asked: Scopes) -> Result<Scopes, ApiError> {
        let checked = check_grant(asked, Some(&self.scopes), &state.settings.known_scopes);
        Ok(checked.inspect_err(|rejection| {
            self.audit_refused_call(state, rejection.audited_as(), None);
        })?)
    }

    /// Adds an entry about the refused call to the audit log. Without a reason it adds none, because the call was not
    /// refused but failed.
    pub(crate) fn audit_refused_call(
        &self,
        state: &State,
        reason: Option<&'static str>,
        user_id: Option<&UserId>,
    ) {
        if let Some(reason) = reason {
            let entry = self.context.refused(Event::AdminRefused, reason);
            state.refused_calls.add(entry.about_user_if_any(user_id));
        }
    }
}

impl FromRequest for AdminCaller {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (caller, request) = (Caller::from_request(request, payload), request.clone());
        Box::pin(async move {
            let caller = caller.await?;
            let state = request.app_data::<Data<State>>();
            let state = state.ok_or_else(|| Problem::internal("no state is registered"))?;
            Ok(Self::check(&request, state, &caller)?)
        })
    }
}

/// A call of an administrator, and what it sends: its body or its query. The caller is checked first, so that
/// callers without the right do not learn what input a route takes.
#[derive(Debug)]
pub(crate) struct AdminCall<E> {
    /// The caller.
    pub(crate) caller: AdminCaller,
    /// What the caller sends.
    pub(crate) input: E,
}

impl<E: FromRequest + 'static> FromRequest for AdminCall<E> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = AdminCaller::from_request(request, payload);
        let input = E::from_request(request, payload);
        Box::pin(async move {
            let caller = caller.await?;
            Ok(Self { caller, input: input.await.map_err(Into::into)? })
        })
    }
}
