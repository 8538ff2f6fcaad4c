//! `POST /oauth2/token`

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use claims::Scopes;
use serde::Serialize;
use service_kit::{
    ids::TokenId,
    openapi::{
        PayloadTooLarge, RequestTimeout, TooManyRequests, Unavailable, UnsupportedMediaType,
    },
    problem::Problem,
};
use utoipa::ToSchema;

use crate::{
    clients,
    http::{
        ApiError,
        authenticated_client::{AuthenticatedClient, ClientForm},
        oauth_error::{OAuthError, OAuthErrorBody, oauth_answer},
        oauth_parameters::Parameters,
    },
    state::State,
    store::clients::ClientRow,
    tokens::ServiceTokenParams,
};

/// The client credentials grant (RFC 6749 section 4.4). Credentials: form fields or HTTP Basic.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the grant type and the credentials are checked before the form is read"
)]
pub(crate) struct TokenForm {
    #[schema(example = "client_credentials")]
    grant_type: String,
    scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

impl ClientForm for TokenForm {
    fn check(parameters: &mut Parameters) -> Result<(), OAuthError> {
        match parameters.require("grant_type", "grant_type is missing")?.as_str() {
            "client_credentials" => Ok(()),
            _ => Err(OAuthError::UnsupportedGrantType),
        }
    }

    fn read(parameters: &mut Parameters) -> Result<Self, OAuthError> {
        let scope = parameters.take("scope");
        Ok(Self { grant_type: String::new(), scope, client_id: None, client_secret: None })
    }
}

/// A service account's access token.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServiceTokenBody {
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the token expires.
    #[schema(value_type = i64, example = 900)]
    expires_in: u64,
    #[schema(value_type = String)]
    scope: Scopes,
}

/// Issues an access token for a service account, by the client credentials grant (RFC 6749 §4.4). There is no refresh
/// token: the account can request a new access token with its secret.
///
/// # Errors
/// RFC 6749 §5.2; 413, 415, 429, 503 as for other endpoints.
#[utoipa::path(
    post,
    path = "/oauth2/token",
    tag = "service accounts",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 400, body = OAuthErrorBody), (status = 401, body = OAuthErrorBody), (status = 200, body = ServiceTokenBody), RequestTimeout, PayloadTooLarge, UnsupportedMediaType, TooManyRequests, Unavailable),
    security(("client" = []), ()),
)]
pub(crate) async fn post_token(
    call: AuthenticatedClient<TokenForm>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let AuthenticatedClient { client, form } = call;
    let scope = granted_scope(&client, form.scope.as_deref())?;
    let access_token = signed_token(&state, &client, scope.clone()).await?;
    tracing::info!(client = %client.id, "token issued");
    let expires_in = state.settings.lifetimes.access.as_secs();
    let body = ServiceTokenBody { access_token, token_type: "Bearer", expires_in, scope };
    Ok(oauth_answer(StatusCode::OK).json(body))
}

async fn signed_token(
    state: &State,
    client: &ClientRow,
    scope: Scopes,
) -> Result<String, ApiError> {
    let signer = state.token_signer.with_active_key()?;
    let now = state.now();
    let expires_at = now + state.settings.lifetimes.access;
    if !clients::may_issue(&state.database, client, expires_at).await? {
        return Err(OAuthError::InvalidClient.into());
    }
    let jti = TokenId::random();
    let params =
        ServiceTokenParams { client_id: &client.id, scope, jti, issued_at: now, expires_at };
    Ok(signer.service_token(params)?)
}

/// The requested scopes, if the client has all of them; all scopes of the client if none were requested.
fn granted_scope(client: &ClientRow, asked: Option<&str>) -> Result<Scopes, ApiError> {
    let held: Scopes = client.scope.parse().map_err(|_| Problem::internal("stored scopes"))?;
    let Some(asked) = asked else { return Ok(held) };
    let asked: Scopes = asked.parse().map_err(|_| OAuthError::InvalidScope)?;
    if asked.is_subset(&held) { Ok(asked) } else { Err(OAuthError::InvalidScope.into()) }
}
