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

/// Proves that registration is open (`AUTH_REGISTRATION`). Refuses with 403 `registration_closed`, which is audited.
#[derive(Debug)]
pub(crate) struct OpenRegistration;

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
    if state.settings.registration == RegistrationMode::Open {
        return Ok(OpenRegistration);
    }
    let context = request_context(request, state, Actor::Anonymous);
    state.refusals.add(context.refused(Event::UserRegistered, "registration_closed"));
    let detail = "Registration is closed: ask an administrator for an account";
    Err(Problem::new(StatusCode::FORBIDDEN, "registration_closed", detail))
}
