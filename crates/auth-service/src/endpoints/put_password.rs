//! `PUT /api/auth/password`

use crate::endpoints::schemas::NewPasswordBody;
use actix_web::{HttpResponse, web::Data};
use claims::{Rejection, actix::FreshCaller};
use service_kit::openapi::{
    BadRequest, Forbidden, TooLarge, TooSlow, Unauthorized, Unavailable, UnsupportedMediaType,
};
use service_kit::{
    input::{Fields, FromFields, JsonBody},
    problem::Problem,
};

use super::{get_me::own_user, problems};
use crate::{
    accounts::{EmailAddress, Password, Username},
    endpoints::post_register::owner_names,
    sessions::end,
    state::State,
    store::users::UserRow,
};

/// The body: the new password. It is judged when its owner is known.
pub struct NewPassword {
    text: zeroize::Zeroizing<String>,
}

impl FromFields for NewPassword {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { text: fields.string("new_password")?.into() })
    }
}

/// Sets a new password. Every other session of the caller ends, and logins in flight fail.
///
/// # Errors
/// 400, 401 `fresh_token_required`, 503.
#[utoipa::path(
    put,
    path = "/api/auth/password",
    tag = "accounts",
    request_body(content = NewPasswordBody),
    responses((status = 204, description = "Every other session is over"), BadRequest, TooSlow, TooLarge, UnsupportedMediaType, Unauthorized, Forbidden, Unavailable),
    security(("access_token" = [])),
)]
pub async fn put_password(
    caller: FreshCaller,
    body: JsonBody<NewPassword>,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let user = own_user(&caller, &state).await?;
    let password = judge(&body.0.text, &user)?;
    let hash = state.counts.hash(state.hasher.hash(password)).await.map_err(problems::hashing)?;
    let (user_id, keep) = (user.id, caller.session_id().to_owned());
    let set = end::others_for_new_password(
        &state.database,
        user_id,
        keep,
        hash.into_string(),
        state.now(),
    );
    if !set.await.map_err(Problem::from)? {
        return Err(problems::rejected(Rejection::Revoked, &state.settings.lifetimes));
    }
    state.feed.grew();
    Ok(HttpResponse::NoContent().finish())
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
