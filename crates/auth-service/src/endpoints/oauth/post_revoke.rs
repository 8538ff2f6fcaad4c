//! `POST /oauth2/revoke`

use crate::endpoints::schemas::{OAuthErrorBody, PresentedForm};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use claims::{Scopes, scope};
use service_kit::openapi::{PayloadTooLarge, RequestTimeout, Unavailable, UnsupportedMediaType};
use service_kit::{input::FormBody, problem::Problem};

use super::{OAuthError, Parameters, answer, authenticated_client};
use crate::{
    endpoints::presented::PresentedToken, sessions::end, state::State, store::clients::ClientRow,
};

/// Ends the session of a person's token, access or refresh (RFC 7009 §2.1 lets the whole grant go with it),
/// for a client with the scope `users:admin`: no session was begun by the client that asks, so to end one is
/// an administrator's act. A token that is unknown, expired or none is 200, for it is of no use already.
///
/// A service account's token is `unsupported_token_type`. Verifiers learn of sessions and accounts, not of
/// single tokens, and an answer that promised more would not be true; `auth-service clients disable` ends
/// all of an account's tokens. Until then a token lives for its 15 minutes.
///
/// # Errors
/// RFC 6749 §5.2; 413, 415, 503 as everywhere.
#[utoipa::path(
    post,
    path = "/oauth2/revoke",
    tag = "service accounts",
    request_body(content = PresentedForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 400, body = OAuthErrorBody), (status = 401, body = OAuthErrorBody), (status = 200, description = "The token is of no use any more"), RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unavailable),
    security(("client" = []), ()),
)]
pub async fn post_revoke(
    request: HttpRequest,
    form: FormBody,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let mut parameters = Parameters::new(form)?;
    let client = authenticated_client(&request, &mut parameters, &state).await?;
    // `token_type_hint` would only save a look at the token's own header.
    let token = parameters.require("token", "token is missing")?;
    if let Ok(token) = PresentedToken::verify(&state, &token) {
        let id = token.into_session_id().ok_or(OAuthError::UnsupportedTokenType)?;
        may_end_sessions(&client)?;
        let ended = end::one(&state.database, id.clone(), state.now()).await;
        if ended.map_err(Problem::from)? {
            state.feed.grew();
            tracing::info!(client = %client.id, session = %id, "revoked");
        }
    }
    Ok(answer(StatusCode::OK).finish())
}

fn may_end_sessions(client: &ClientRow) -> Result<(), OAuthError> {
    let held: Result<Scopes, _> = client.scope.parse();
    if held.is_ok_and(|held| held.contains(scope::USERS_ADMIN)) {
        return Ok(());
    }
    Err(OAuthError::UnauthorizedClient("To end people's sessions takes the scope users:admin"))
}
