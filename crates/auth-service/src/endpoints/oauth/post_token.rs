//! `POST /oauth2/token`

use crate::endpoints::schemas::{OAuthErrorBody, ServiceTokenBody, TokenForm};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use claims::Scopes;
use serde_json::json;
use service_kit::openapi::{PayloadTooLarge, RequestTimeout, Unavailable, UnsupportedMediaType};
use service_kit::{input::FormBody, problem::Problem};
use uuid::Uuid;

use super::{OAuthError, Parameters, answer, authenticated_client};
use crate::{
    clients, endpoints::problems, state::State, store::clients::ClientRow, tokens::ServiceGrant,
};

/// An access token for a service account, by the client credentials grant (RFC 6749 §4.4). No refresh token:
/// whoever has the secret asks again.
///
/// # Errors
/// RFC 6749 §5.2; 413, 415, 503 as everywhere.
#[utoipa::path(
    post,
    path = "/oauth2/token",
    tag = "service accounts",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 400, body = OAuthErrorBody), (status = 401, body = OAuthErrorBody), (status = 200, body = ServiceTokenBody), RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unavailable),
    security(("client" = []), ()),
)]
pub async fn post_token(
    request: HttpRequest,
    form: FormBody,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let mut parameters = Parameters::new(form)?;
    if parameters.require("grant_type", "grant_type is missing")? != "client_credentials" {
        return Err(OAuthError::UnsupportedGrantType.into());
    }
    let client = authenticated_client(&request, &mut parameters, &state).await?;
    let scope = granted_scope(&client, parameters.take("scope").as_deref())?;
    let token = signed_token(&state, &client, scope.clone()).await?;
    tracing::info!(client = %client.id, "token issued");
    Ok(answer(StatusCode::OK).json(json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": state.settings.lifetimes.access,
        "scope": scope,
    })))
}

async fn signed_token(
    state: &State,
    client: &ClientRow,
    scope: Scopes,
) -> Result<String, actix_web::Error> {
    let signer = state.issuer.signer().map_err(problems::keys_away)?;
    let now = state.now();
    let expires_at = now + state.settings.lifetimes.access;
    let allowed = clients::may_issue(&state.database, client, expires_at).await;
    if !allowed.map_err(Problem::from)? {
        return Err(OAuthError::InvalidClient.into());
    }
    let jti = Uuid::new_v4().to_string();
    let grant = ServiceGrant { client_id: &client.id, scope, jti, issued_at: now, expires_at };
    Ok(signer.service_token(grant).map_err(problems::keys_away)?)
}

/// What was asked for, if the client has it; all it has where nothing was.
fn granted_scope(client: &ClientRow, asked: Option<&str>) -> Result<Scopes, actix_web::Error> {
    let held: Scopes = client.scope.parse().map_err(|_| Problem::internal("stored scopes"))?;
    let Some(asked) = asked else { return Ok(held) };
    let asked: Scopes = asked.parse().map_err(|_| OAuthError::InvalidScope)?;
    if asked.is_subset(&held) { Ok(asked) } else { Err(OAuthError::InvalidScope.into()) }
}
