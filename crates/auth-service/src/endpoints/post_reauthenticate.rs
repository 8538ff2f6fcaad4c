//! `POST /api/auth/reauthenticate`

use crate::endpoints::schemas::{FreshTokenBody, PasswordBody};
use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::{Rejection, actix::UserCaller};
use serde_json::json;
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
    responses::{NO_STORE, SignedAccess, access_token},
};
use crate::{accounts::Password, counts::SignIn, sessions, state::State};

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

/// Makes the caller's session fresh again. The fifth wrong password in a row ends the session.
///
/// # Errors
/// 401 `invalid_credentials`, `token_revoked`; 503.
#[utoipa::path(
    post,
    path = "/api/auth/reauthenticate",
    tag = "sessions",
    request_body(content = PasswordBody),
    responses((status = 200, body = FreshTokenBody), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, Forbidden, Unavailable),
    security(("access_token" = [])),
)]
pub async fn post_reauthenticate(
    request: HttpRequest,
    admitted: AdmittedInSession<UserCaller, Reauthentication>,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let AdmittedInSession { caller, place, body } = admitted;
    let mut count = state.counts.reauthentication();
    let mut own = OwnSession::in_turn(&caller, place, &state).await?;
    count.is(SignIn::Unavailable);
    own.prove(&request, &state, body.password, &mut count).await?;
    let now = state.now();
    let revoked = || problems::rejected(Rejection::Revoked, &state.settings.lifetimes);
    // Its time may have ended while the password was being checked.
    if sessions::is_over(&own.session, now) {
        count.is(SignIn::Refused);
        return Err(revoked());
    }
    own.session.auth_time = now;
    let signer = state.issuer.signer().map_err(problems::keys_away)?;
    let access = access_token(&state, &signer, (&own.session, &own.user), true, now)?;
    let expires_at = now + access.expires_in;
    let (user, session) = (&own.user, &own.session);
    let noted = sessions::reauthenticated(&state.database, user, session, expires_at, now).await;
    if !noted.map_err(Problem::from)? {
        count.is(SignIn::Refused);
        return Err(revoked());
    }
    count.is(SignIn::Success);
    Ok(answer(&access))
}

fn answer(access: &SignedAccess) -> HttpResponse {
    HttpResponse::Ok().insert_header(NO_STORE).json(json!({
        "access_token": access.token,
        "token_type": "Bearer",
        "expires_in": access.expires_in,
        "scope": access.scope,
    }))
}
