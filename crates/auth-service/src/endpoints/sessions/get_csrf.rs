//! `GET /api/auth/csrf`

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::{Rejection, verify_refresh};
use serde::Serialize;
use service_kit::{
    ids::SessionId,
    openapi::{BadRequest, Unauthorized, Unavailable},
    problem::Problem,
    unix_time::UnixSeconds,
};
use utoipa::ToSchema;

use crate::{
    http::{
        ApiError, NO_STORE, credential::Credential, csrf, error_responses::CsrfFailed,
        local_authenticator::local_token_policy,
    },
    sessions,
    state::State,
};

/// The session's CSRF token.
#[derive(Serialize, ToSchema)]
pub(crate) struct CsrfBody {
    csrf_token: String,
}

/// Returns the CSRF token of the cookie's session, for a page that lost it in a reload.
///
/// # Errors
/// 400 with several cookies, 401 without a valid one, 403 from an origin that is not listed, 503.
#[utoipa::path(
    get,
    path = "/api/auth/csrf",
    tag = "sessions",
    responses((status = 200, body = CsrfBody), BadRequest, Unauthorized, CsrfFailed, Unavailable),
    security(("refresh_cookie" = [])),
)]
pub(crate) async fn get_csrf(
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let credential = Credential::find_cookie(&request, &state)?;
    let (keys, policy, now) = (state.keyring.keys(), local_token_policy(&state), state.now());
    let token =
        verify_refresh(&credential.unverified_token, &keys.verifying, &policy, now.as_i64())
            .map_err(|rejection| credential.rejected(rejection, &state))?;
    let session_id = SessionId::from_trusted(token.sid.clone());
    credential.check_cookie_name(&state, &session_id).await?;
    let checked = csrf::check_origin_for_get(&request, &state.settings);
    csrf::audit_if_refused(&request, &state, Some(&session_id), checked)?;
    if sessions::is_revoked(&state.database, session_id.clone()).await? {
        return Err(Rejection::Revoked.into());
    }
    let body = CsrfBody { csrf_token: csrf::token(&state.csrf_key, &session_id) };
    let mut response = HttpResponse::Ok().insert_header(NO_STORE).json(body);
    // The browser gets the same token in a cookie with the current name, and deletes the one with the old name.
    if credential.cookie_has_old_name {
        let left = UnixSeconds::new(token.exp).seconds_since(now).max(0).unsigned_abs();
        let renamed = state
            .refresh_cookie
            .with_token(credential.unverified_token.clone(), Duration::from_secs(left));
        response.add_cookie(&renamed).map_err(|error| Problem::internal(error.to_string()))?;
        credential.clear_old_cookie(&mut response, &state);
    }
    Ok(response)
}
