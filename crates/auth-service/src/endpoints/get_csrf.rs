//! `GET /api/auth/csrf`

use crate::endpoints::schemas::CsrfBody;
use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::{Rejection, verify_refresh};
use serde_json::json;
use service_kit::openapi::{CsrfFailed, Unauthorized, Unavailable};
use service_kit::problem::Problem;

use super::{authentication::own_policy, cookie, csrf, problems, responses::NO_STORE};
use crate::{state::State, store};

/// The CSRF token of the cookie's session, for a page that lost it in a reload.
///
/// # Errors
/// 401 without a good cookie, 403 from an origin that is not listed, 503.
#[utoipa::path(
    get,
    path = "/api/auth/csrf",
    tag = "sessions",
    responses((status = 200, body = CsrfBody), Unauthorized, CsrfFailed, Unavailable),
    security(("refresh_cookie" = [])),
)]
pub async fn get_csrf(
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let refuse = |rejection| problems::rejected(rejection, &state.settings.lifetimes);
    csrf::check_origin(&request, &state.settings.cors_origins)?;
    let cookie =
        request.cookie(cookie::NAME).ok_or_else(|| refuse(Rejection::MissingAuthorization))?;
    let keys = state.keyring.keys();
    let policy = own_policy(&state);
    let token =
        verify_refresh(cookie.value(), &keys.checking, &policy, state.now()).map_err(refuse)?;
    let sid = token.sid.clone();
    let over = state.database.read(move |connection| store::sessions::is_over(connection, &sid));
    if over.await.map_err(Problem::from)? {
        return Err(refuse(Rejection::Revoked));
    }
    let body = json!({ "csrf_token": csrf::token(&state.csrf_key, &token.sid) });
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(body))
}
