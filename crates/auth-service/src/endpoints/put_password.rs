//! `PUT /api/auth/password`

use crate::endpoints::{responses::TokenBody, schemas::NewPasswordBody};
use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::{Rejection, actix::FreshCaller};
use service_kit::openapi::{
    BadRequest, Forbidden, PayloadTooLarge, RequestTimeout, Unauthorized, Unavailable,
    UnsupportedMediaType,
};
use service_kit::{
    input::{Fields, FromFields},
    problem::Problem,
};

use super::{
    admission::AdmittedInSession,
    current_password::OwnSession,
    problems,
    responses::{Delivery, token_response},
};
use crate::{
    accounts::{EmailAddress, Password, Username},
    counts::SignIn,
    endpoints::post_register::owner_names,
    sessions::{end, is_in_cookie},
    state::State,
    store::users::UserRow,
};

/// The body: the old password, and the new one. That is judged when its owner is known.
pub struct NewPassword {
    current: Password,
    new: zeroize::Zeroizing<String>,
}

impl FromFields for NewPassword {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (current, new) = (fields.string("current_password"), fields.string("new_password"));
        let current = fields.parse("current_password", current, Password::presented);
        Some(Self { new: new?.into(), current: current? })
    }
}

/// Sets a new password. Every session of the caller ends, and logins in flight fail. A new session takes the place
/// of the caller's.
///
/// # Errors
/// 400; 401 `fresh_token_required`, `invalid_credentials`, `token_revoked`; 503.
#[utoipa::path(
    put,
    path = "/api/auth/password",
    tag = "accounts",
    request_body(content = NewPasswordBody),
    responses((status = 200, body = TokenBody), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, Forbidden, Unavailable),
    security(("access_token" = [])),
)]
pub async fn put_password(
    request: HttpRequest,
    admitted: AdmittedInSession<FreshCaller, NewPassword>,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let AdmittedInSession { caller, place, body: NewPassword { current, new } } = admitted;
    let mut count = state.counts.reauthentication();
    let own = OwnSession::in_turn(&caller, place, &state).await?;
    let new = judge(&new, &own.user)?;
    count.is(SignIn::Unavailable);
    own.prove(&request, &state, current, &mut count).await?;
    let hash = state.counts.hash(state.hasher.hash(own.attempt.place(), new)).await;
    let hash = hash.map_err(problems::hashing)?;
    // Taken before the change: one that is kept and cannot be answered would cost its client the session.
    let signer = state.issuer.signer().map_err(problems::keys_away)?;
    let (lifetimes, caller) = (&state.settings.lifetimes, (own.user.id, own.session.id));
    let (hash, now) = (hash.into_string(), state.now());
    let set = end::all_for_new_password(&state.database, lifetimes, caller, hash, now).await;
    let Some((session, user)) = set.map_err(Problem::from)? else {
        count.is(SignIn::Refused);
        return Err(problems::rejected(Rejection::Revoked, lifetimes));
    };
    state.feed.grew();
    tracing::info!(user = %user.id, session = %session.id, "password changed: other sessions ended");
    count.is(SignIn::Success);
    let delivery = if is_in_cookie(&session) { Delivery::Cookie } else { Delivery::Body };
    Ok(token_response(&state, &signer, (&session, &user), true, delivery)?)
}

fn judge(text: &str, user: &UserRow) -> Result<Password, Problem> {
    let (username, email) =
        (Username::parse(&user.username).ok(), EmailAddress::parse(&user.email).ok());
    let owner: Vec<_> = owner_names(username.as_ref(), email.as_ref()).collect();
    Password::new_secret(text, &owner).map_err(|fault| {
        Problem::invalid_request("The new password cannot be used")
            .with_field("new_password", fault.to_string())
    })
}
