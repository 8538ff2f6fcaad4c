//! `GET /api/auth/csrf`

use crate::endpoints::schemas::CsrfBody;
use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::{Rejection, verify_refresh};
use serde_json::json;
use service_kit::openapi::{BadRequest, CsrfFailed, Unauthorized, Unavailable};
use service_kit::problem::Problem;

use super::{
    authentication::own_policy, credential::Credential, csrf, problems, responses::NO_STORE,
};
use crate::{state::State, store};

/// The CSRF token of the cookie's session, for a page that lost it in a reload.
///
/// # Errors
/// 400 with several cookies, 401 without a good one, 403 from an origin that is not listed, 503.
#[utoipa::path(
    get,
    path = "/api/auth/csrf",
    tag = "sessions",
    responses((status = 200, body = CsrfBody), BadRequest, Unauthorized, CsrfFailed, Unavailable),
    security(("refresh_cookie" = [])),
)]
pub async fn get_csrf(
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let credential = Credential::find_cookie(&request, &state)?;
    let (keys, policy, now) = (state.keyring.keys(), own_policy(&state), state.now());
    let token = verify_refresh(&credential.unverified_token, &keys.checking, &policy, now)
        .map_err(|rejection| credential.refused(rejection, &state))?;
    credential.check_former(&state, &token.sid).await?;
    csrf::check_origin_of_read(&request, &state.settings)?;
    let sid = token.sid.clone();
    let over = state.database.read(move |connection| store::sessions::is_over(connection, &sid));
    if over.await.map_err(Problem::from)? {
        return Err(problems::rejected(Rejection::Revoked, &state.settings.lifetimes));
    }
    let body = json!({ "csrf_token": csrf::token(&state.csrf_key, &token.sid) });
    let mut response = HttpResponse::Ok().insert_header(NO_STORE).json(body);
    if credential.in_former_cookie {
        let left = (token.exp - now).max(0);
        let renamed = state.refresh_cookie.holding(credential.unverified_token.clone(), left);
        response.add_cookie(&renamed).map_err(|error| Problem::internal(error.to_string()))?;
        credential.clear_former_cookie(&mut response, &state);
    }
    Ok(response)
}
