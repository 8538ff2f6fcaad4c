//! `POST /api/auth/refresh`

use crate::endpoints::{responses::TokenBody, schemas::RefreshBody};
use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::{Rejection, verify_refresh};
use service_kit::openapi::{
    BadRequest, CsrfFailed, PayloadTooLarge, RequestTimeout, TooManyRequests, Unauthorized,
    Unavailable, UnsupportedMediaType,
};
use service_kit::{input::JsonBody, problem::Problem};

use super::{
    authentication::own_policy,
    client_info::client_info,
    credential::{Credential, CredentialBody},
    problems,
    responses::{Delivery, token_response},
};
use crate::{
    counts::Refresh,
    sessions::{self, Presented, Refreshed},
    state::State,
};

/// Replaces a refresh token by its successor.
///
/// # Errors
/// 400 with several tokens, 401, 403 `csrf_failed`, 429 for too many repeats, 503.
#[utoipa::path(
    post,
    path = "/api/auth/refresh",
    tag = "sessions",
    request_body(content = Option<RefreshBody>),
    responses((status = 200, body = TokenBody), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, CsrfFailed, TooManyRequests, Unavailable),
    security(("refresh_token" = []), ("refresh_cookie" = [], "csrf_token" = []), ()),
)]
pub async fn post_refresh(
    request: HttpRequest,
    body: JsonBody<CredentialBody>,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let mut count = state.counts.refresh();
    let lifetimes = &state.settings.lifetimes;
    let credential = Credential::find(&request, body.0, &state).await?;
    let now = state.now();
    let presented = presented(&request, &credential, &state, now).await?;
    count.is(Refresh::Unavailable);
    let signer = state.issuer.signer().map_err(problems::keys_away)?;
    let outcome = sessions::refresh(&state.database, lifetimes, presented, now).await;
    let outcome = outcome.map_err(Problem::from)?;
    count.is(Refresh::from(&outcome));
    match outcome {
        Refreshed::Successor(session, user, _) => {
            let delivery = if credential.in_cookie { Delivery::Cookie } else { Delivery::Body };
            let mut response = token_response(&state, &signer, (&session, &user), false, delivery)?;
            credential.clear_former_cookie(&mut response, &state);
            Ok(response)
        }
        Refreshed::TooManyRepeats { retry_after } => Err(Problem::rate_limited(retry_after).into()),
        Refreshed::Over | Refreshed::ForeignRepeat => {
            Err(problems::rejected(Rejection::Revoked, lifetimes))
        }
        Refreshed::Reuse => {
            state.feed.grew();
            Err(problems::rejected(Rejection::Revoked, lifetimes))
        }
    }
}

/// The token with its signature and claims checked, and then what a cookie needs beside it.
async fn presented(
    request: &HttpRequest,
    credential: &Credential,
    state: &State,
    now: i64,
) -> Result<Presented, actix_web::Error> {
    let keys = state.keyring.keys();
    let policy = own_policy(state);
    let token = verify_refresh(&credential.unverified_token, &keys.checking, &policy, now)
        .map_err(|rejection| credential.refused(rejection, state))?
        .into_claims();
    credential.check_cookie(request, state, &token.sid).await?;
    Ok(Presented {
        session_id: token.sid,
        user_id: token.sub,
        jti: token.jti,
        client: client_info(request, state),
        in_cookie: credential.in_cookie,
    })
}
