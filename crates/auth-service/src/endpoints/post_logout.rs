//! `POST /api/auth/logout`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::{Rejection, verify_access, verify_refresh};
use service_kit::{input::JsonBody, problem::Problem};

use super::{
    authentication::own_policy,
    cookie,
    credential::{Credential, CredentialBody},
    csrf, problems,
};
use crate::{sessions::end, state::State};

/// Ends the session of whatever token is sent: access or refresh, replaced or revoked ones too. Idempotent.
///
/// # Errors
/// 400 with several tokens, 401 for a token that is none of ours or expired, 403 `csrf_failed`, 503.
pub async fn post_logout(
    request: HttpRequest,
    body: JsonBody<CredentialBody>,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let credential = Credential::find(&request, body.0, &state)?;
    let session_id = session_of(&state, &credential)
        .map_err(|rejection| problems::rejected(rejection, &state.settings.lifetimes))?;
    if credential.in_cookie {
        csrf::check_token(&request, &state.csrf_key, &session_id)?;
    }
    let ended = end::one(&state.database, session_id.clone(), state.now()).await;
    if ended.map_err(Problem::from)? {
        state.feed.grew();
        tracing::info!(session = %session_id, "signed out");
    }
    let mut response = HttpResponse::NoContent();
    if credential.in_cookie {
        response.cookie(cookie::cleared(&state.settings));
    }
    Ok(response.finish())
}

/// The session a token belongs to. Only a refresh token may come in the cookie.
fn session_of(state: &State, credential: &Credential) -> Result<String, Rejection> {
    let (keys, now) = (state.keyring.keys(), state.now());
    let (token, policy) = (credential.unverified_token.as_str(), own_policy(state));
    match verify_refresh(token, &keys.checking, &policy, now) {
        Ok(token) => Ok(token.into_claims().sid),
        Err(Rejection::TokenType) if !credential.in_cookie => {
            let access = verify_access(token, &keys.checking, &policy, now)?;
            access.into_claims().sid.ok_or(Rejection::UserRequired)
        }
        Err(rejection) => Err(rejection),
    }
}
