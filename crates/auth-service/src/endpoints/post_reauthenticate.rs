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
    responses::{NO_STORE, SignedAccess, access_token},
};
use crate::{
    accounts::Password,
    counts::SignIn,
    sessions,
    state::State,
    store::{self, sessions::SessionRow, users::UserRow},
};

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
    let mut count = state.counts.reauthentication();
    count.is(SignIn::Unavailable);
    let revoked = || problems::rejected(Rejection::Revoked, &state.settings.lifetimes);
    let Some((mut session, user)) = session(&state, caller.session_id()).await? else {
        count.is(SignIn::Refused);
        return Err(revoked());
    };
    let user = proven(&state, Some(user), body.0.password, &mut count).await?;
    let now = state.now();
    session.auth_time = now;
    let signer = state.issuer.signer().map_err(problems::keys_away)?;
    let access = access_token(&state, &signer, (&session, &user), true, now)?;
    let expires_at = now + access.expires_in;
    let noted = sessions::reauthenticated(&state.database, &user, &session, expires_at, now);
    if !noted.await.map_err(Problem::from)? {
        count.is(SignIn::Refused);
        return Err(revoked());
    }
    count.is(SignIn::Success);
    Ok(answer(&access))
}

async fn session(state: &State, id: &str) -> Result<Option<(SessionRow, UserRow)>, Problem> {
    let id = id.to_owned();
    let row = state.database.read(move |connection| store::sessions::with_user(connection, &id));
    Ok(row.await?)
}

fn answer(access: &SignedAccess) -> HttpResponse {
    HttpResponse::Ok().insert_header(NO_STORE).json(json!({
        "access_token": access.token,
        "token_type": "Bearer",
        "expires_in": access.expires_in,
        "scope": access.scope,
    }))
}
