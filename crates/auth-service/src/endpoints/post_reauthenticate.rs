//! `POST /api/auth/reauthenticate`

use crate::endpoints::schemas::{FreshTokenBody, PasswordBody};
use actix_web::{HttpResponse, web::Data};
use claims::{Rejection, actix::UserCaller};
use serde_json::json;
use service_kit::openapi::{
    BadRequest, Forbidden, TooLarge, TooSlow, Unauthorized, Unavailable, UnsupportedMediaType,
};
use service_kit::{
    input::{Fields, FromFields, JsonBody},
    problem::Problem,
};

use super::{
    post_login::proven,
    problems,
    responses::{NO_STORE, access_token},
};
use crate::{accounts::Password, sessions, state::State, store};

/// The body: the password again.
pub struct Reauthentication {
    password: Password,
}

impl FromFields for Reauthentication {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let secret = fields.string("password");
        Some(Self { password: fields.parse("password", secret, Password::presented)? })
    }
}

/// Makes the caller's session fresh again.
///
/// # Errors
/// 401 `invalid_credentials`, `token_revoked`; 503.
#[utoipa::path(
    post,
    path = "/api/auth/reauthenticate",
    tag = "sessions",
    request_body(content = PasswordBody),
    responses((status = 200, body = FreshTokenBody), BadRequest, TooSlow, TooLarge, UnsupportedMediaType, Unauthorized, Forbidden, Unavailable),
    security(("access_token" = [])),
)]
pub async fn post_reauthenticate(
    caller: UserCaller,
    body: JsonBody<Reauthentication>,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let sid = caller.session_id().to_owned();
    let row = state.database.read(move |connection| store::sessions::with_user(connection, &sid));
    let row = row.await.map_err(Problem::from)?;
    let revoked = || problems::rejected(Rejection::Revoked, &state.settings.lifetimes);
    let (mut session, user) = row.ok_or_else(revoked)?;
    let user = proven(&state, Some(user), body.0.password).await?;
    let user = user.ok_or_else(problems::invalid_credentials)?;
    let now = state.now();
    session.auth_time = now;
    let signer = state.issuer.signer().map_err(problems::keys_away)?;
    let access = access_token(&state, &signer, (&session, &user), true, now)?;
    let expires_at = now + access.expires_in;
    let noted = sessions::reauthenticated(&state.database, &user, &session, expires_at, now);
    if !noted.await.map_err(Problem::from)? {
        return Err(revoked());
    }
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(json!({
        "access_token": access.token,
        "token_type": "Bearer",
        "expires_in": access.expires_in,
        "scope": access.scope,
    })))
}
