//! Whether people may register themselves.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode, web::Data};
use service_kit::problem::Problem;

use super::request_context;
use crate::{
    audit::{Actor, Event},
    settings::RegistrationMode,
    state::State,
};

/// Proves that registration is not closed (`AUTH_REGISTRATION`). Otherwise 403 `registration_closed`, which is audited.
#[derive(Debug)]
pub(crate) struct OpenRegistration {
    needs_invite: bool,
}

impl OpenRegistration {
    /// Checks that there is an invite, if registration needs one.
    ///
    /// # Errors
    /// 403 `registration_closed`.
    pub(crate) fn check_invite(
        &self,
        request: &HttpRequest,
        state: &State,
        has_invite: bool,
    ) -> Result<(), Problem> {
        if has_invite || !self.needs_invite {
            return Ok(());
        }
        Err(registration_closed(
            request,
            state,
            "Registration needs an invite: ask an administrator for one",
        ))
    }
}

impl FromRequest for OpenRegistration {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(check(request))
    }
}

fn check(request: &HttpRequest) -> Result<OpenRegistration, Problem> {
    let state = request.app_data::<Data<State>>();
    let state = state.ok_or_else(|| Problem::internal("no state is registered"))?;
    match state.settings.registration {
        RegistrationMode::Open => Ok(OpenRegistration { needs_invite: false }),
        RegistrationMode::Invite => Ok(OpenRegistration { needs_invite: true }),
        RegistrationMode::Closed => {
            let detail = "Registration is closed: ask an administrator for an account";
            Err(registration_closed(request, state, detail))
        }
    }
}

fn registration_closed(request: &HttpRequest, state: &State, detail: &'static str) -> Problem {
    let context = request_context(request, state, Actor::Anonymous);
    state.refused_calls.add(context.refused(Event::UserRegistered, "registration_closed"));
    Problem::new(StatusCode::FORBIDDEN, "registration_closed", detail)
}
