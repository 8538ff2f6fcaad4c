//! `PATCH /api/auth/me`

use crate::endpoints::schemas::ChangesBody;
use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::{Rejection, actix::FreshCaller};
use database::{AnyConnection, DatabaseError};
use service_kit::openapi::{
    BadRequest, Conflict, Forbidden, PayloadTooLarge, RequestTimeout, TooManyRequests,
    Unauthorized, Unavailable, UnsupportedMediaType,
};
use service_kit::{
    http::client_address,
    input::{Fields, FromFields},
    problem::Problem,
};

use super::{
    admission::AdmittedInSession,
    current_password::OwnSession,
    own_password, problems,
    responses::{NO_STORE, UserBody},
};
use crate::{
    accounts::{EmailAddress, Password, Username, naming},
    counts::SignIn,
    state::State,
    store::{self, users::UserRow},
    throttle::Source,
};

/// The body: what shall change.
pub struct Changes {
    username: Option<Username>,
    email: Option<EmailAddress>,
    current_password: Option<Password>,
}

impl FromFields for Changes {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (name, address) = (fields.optional_string("username"), fields.optional_string("email"));
        let password = fields.optional_string("current_password");
        if name.is_none() && address.is_none() {
            return fields.fault("username", "is missing, as is email: send what shall change");
        }
        if address.is_some() && password.is_none() {
            fields.fault::<()>("current_password", "is missing: a new email needs it");
        }
        Some(Self {
            username: fields.parse("username", name, Username::chosen),
            email: fields.parse("email", address, EmailAddress::parse),
            current_password: fields.parse("current_password", password, Password::presented),
        })
    }
}

impl Changes {
    /// Changes what was sent and nothing else, for two calls at once may change two things. `None` if the session
    /// is over by now.
    fn apply(
        &self,
        connection: &mut AnyConnection,
        (user_id, session_id): (&str, &str),
    ) -> Result<Option<UserRow>, DatabaseError> {
        if store::sessions::is_over(connection, session_id)? {
            return Ok(None);
        }
        if self.current_password.is_some() {
            store::wrong_passwords::clear(connection, session_id)?;
        }
        if let Some(name) = &self.username {
            naming::rename(connection, user_id, name)?;
        }
        if let Some(email) = &self.email {
            naming::change_address(connection, user_id, email)?;
        }
        store::users::by_id(connection, user_id)
    }
}

/// Changes the caller's name or address. Tokens carry the new name from the next refresh on.
///
/// # Errors
/// 400; 401 `fresh_token_required`, `invalid_credentials`; 409 `user_exists`; 429; 503.
#[utoipa::path(
    patch,
    path = "/api/auth/me",
    tag = "accounts",
    request_body(content = ChangesBody),
    responses((status = 200, body = UserBody), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, Forbidden, Conflict, TooManyRequests, Unavailable),
    security(("access_token" = [])),
)]
pub async fn patch_me(
    request: HttpRequest,
    admitted: AdmittedInSession<FreshCaller, Changes>,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let AdmittedInSession { caller, place, body: changes } = admitted;
    let source = Source::of(client_address(&request, &state.settings.trusted_proxies));
    let allowed = state.limits.profile_change(caller.session_id(), source, state.clock.micros());
    allowed.map_err(problems::too_soon)?;
    let own = OwnSession::in_turn(&caller, place, &state).await?;
    check(&request, &state, &own, &changes).await?;
    let (user_id, session_id) = (own.user.id.clone(), own.session.id.clone());
    let changed = state
        .database
        .write(move |connection| changes.apply(connection, (&user_id, &session_id)))
        .await;
    let user = changed.map_err(|error| match error {
        DatabaseError::Conflict(_) => problems::user_exists(error),
        error => Problem::from(error),
    })?;
    let revoked = || problems::rejected(Rejection::Revoked, &state.settings.lifetimes);
    let user = user.ok_or_else(revoked)?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(UserBody::with_scope(&user)))
}

/// The password, where it was sent, and that neither name nor address is the password.
async fn check(
    request: &HttpRequest,
    state: &State,
    own: &OwnSession,
    changes: &Changes,
) -> Result<(), Problem> {
    let (name, email) = (changes.username.as_ref(), changes.email.as_ref());
    match &changes.current_password {
        Some(password) => {
            let mut count = state.counts.reauthentication();
            own.prove(request, state, password.clone(), &mut count).await?;
            count.is(SignIn::Success);
            own_password::refuse_as_known(password, name, email)
        }
        None => match name {
            Some(name) => own_password::refuse_as_name(state, own, name).await,
            None => Ok(()),
        },
    }
}
