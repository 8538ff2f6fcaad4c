//! `POST /oauth2/introspect`

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use claims::{AccessClaims, AccessToken, FIRST_PARTY, RefreshToken, Scopes, scope};
use database::DatabaseError;
use serde::Serialize;
use serde_json::{Map, Value};
use service_kit::{
    ids::{ClientId, SessionId, TokenId, UserId},
    openapi::{
        PayloadTooLarge, RequestTimeout, TooManyRequests, Unavailable, UnsupportedMediaType,
    },
};
use utoipa::ToSchema;

use crate::{
    clients,
    http::{
        ApiError,
        any_token::AnyToken,
        authenticated_client::AuthenticatedClient,
        local_authenticator::is_stale,
        oauth_error::{OAuthErrorBody, oauth_answer},
        token_query_form::TokenQueryForm,
    },
    scopes::TOKENS_INTROSPECT,
    sessions,
    state::State,
    store::{clients::ClientRow, sessions::SessionWithUser},
};

/// The state and the claims of a token (RFC 7662 section 2.2). For an inactive token, only `active` is present.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct IntrospectionBody {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    aud: Option<Audience>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ver: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    ext: Option<Map<String, Value>>,
}

/// One audience as a text, or several as a list (RFC 7519 §4.1.3), as in the token.
#[derive(Serialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Returns whether a token is valid now, and its claims (RFC 7662). A client may introspect its own tokens, and tokens
/// of others with the scope `tokens:introspect`, `users:read` or `users:admin`. For a token that the client may not
/// introspect, and for every text that is not a valid token of this service, the answer is `{"active":false}` (§2.2).
///
/// # Errors
/// RFC 6749 §5.2; 413, 415, 429, 503 as for other endpoints.
#[utoipa::path(
    post,
    path = "/oauth2/introspect",
    tag = "service accounts",
    request_body(content = TokenQueryForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 400, body = OAuthErrorBody), (status = 401, body = OAuthErrorBody), (status = 200, body = IntrospectionBody), RequestTimeout, PayloadTooLarge, UnsupportedMediaType, TooManyRequests, Unavailable),
    security(("client" = []), ()),
)]
pub(crate) async fn post_introspect(
    call: AuthenticatedClient<TokenQueryForm>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let AuthenticatedClient { client, form } = call;
    let live = match AnyToken::verify(&state, &form.token) {
        Ok(token) if !may_see(&client, &token) => None,
        Ok(AnyToken::Access(token)) => of_access_token(&state, token).await?,
        Ok(AnyToken::Refresh(token)) => of_refresh_token(&state, token).await?,
        Err(_) => None,
    };
    Ok(oauth_answer(StatusCode::OK).json(live.unwrap_or_default()))
}

/// Whether the client may see this token.
fn may_see(client: &ClientRow, token: &AnyToken) -> bool {
    let own = matches!(token, AnyToken::Access(token) if token.sub == client.id.as_str());
    let held: Scopes = client.scope.parse().unwrap_or_default();
    own || [TOKENS_INTROSPECT, scope::USERS_READ, scope::USERS_ADMIN]
        .iter()
        .any(|scope| held.contains(scope))
}

/// The answer for an access token; `None` if its session has ended, its user has other rights now, or its service
/// account is disabled.
async fn of_access_token(
    state: &State,
    token: AccessToken,
) -> Result<Option<IntrospectionBody>, DatabaseError> {
    let claims = token.into_claims();
    let Some(sid) = claims.sid.clone() else {
        let id = ClientId::from_trusted(claims.sub.clone());
        let is_disabled = clients::is_disabled(&state.database, id).await?;
        return Ok((!is_disabled).then(|| access_body(claims, None)));
    };
    let found = find_session(state, sid, claims.sub.clone()).await?;
    let live = found.filter(|found| {
        found.session.revoked_at.is_none() && !is_stale(&claims, found.user.rights_version)
    });
    Ok(live.map(|found| access_body(claims, Some(found.user.username))))
}

fn access_body(claims: AccessClaims, username: Option<String>) -> IntrospectionBody {
    IntrospectionBody {
        active: true,
        token_type: Some("Bearer"),
        scope: Some(claims.scope.to_string()),
        client_id: claims.client_id,
        username,
        sub: Some(claims.sub),
        sid: claims.sid,
        aud: Some(Audience::Several(claims.aud)),
        iss: Some(claims.iss),
        jti: Some(claims.jti),
        iat: Some(claims.iat),
        exp: Some(claims.exp),
        ver: claims.ver,
        ext: claims.ext,
    }
}

/// The answer for a refresh token; `None` if it can no longer be refreshed. The answer has no token type and no scope,
/// so that the token is not confused with an access token.
async fn of_refresh_token(
    state: &State,
    token: RefreshToken,
) -> Result<Option<IntrospectionBody>, DatabaseError> {
    let claims = token.into_claims();
    let found = find_session(state, claims.sid.clone(), claims.sub.clone()).await?;
    let (lifetimes, jti) = (&state.settings.lifetimes, TokenId::from_trusted(claims.jti.clone()));
    let now = state.now();
    let usable = found.filter(|found| sessions::is_usable(&found.session, lifetimes, &jti, now));
    Ok(usable.map(|found| IntrospectionBody {
        active: true,
        token_type: Some("refresh_token"),
        scope: None,
        client_id: Some(FIRST_PARTY.to_owned()),
        username: Some(found.user.username),
        sub: Some(claims.sub),
        sid: Some(claims.sid),
        aud: Some(Audience::One(claims.aud)),
        iss: Some(claims.iss),
        jti: Some(claims.jti),
        iat: Some(claims.iat),
        exp: Some(claims.exp),
        ver: None,
        ext: None,
    }))
}

/// The session with its user, if it belongs to this user and the user is enabled.
async fn find_session(
    state: &State,
    sid: String,
    sub: String,
) -> Result<Option<SessionWithUser>, DatabaseError> {
    let (id, user_id) = (SessionId::from_trusted(sid), UserId::from_trusted(sub));
    sessions::find_of_user(&state.database, id, user_id).await
}
